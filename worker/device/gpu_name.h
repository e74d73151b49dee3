#pragma once
// What a GPU is, for the log. There is a gpu_name.cc only in a build with libtorch's part for GPUs
// (CRESSET_TORCH_CUDA, cmake/torch.cmake); who calls asks for CRESSET_LIBTORCH_CUDA first. A
// function; after the fork.

#include <string>

namespace cresset::device {

// "NVIDIA H200, 139 GiB, compute capability 9.0".
std::string gpu_name(int gpu);

}  // namespace cresset::device
