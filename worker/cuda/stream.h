#pragma once
// The order in which a GPU runs what it is given: cudaStream_t, without CUDA's headers, so that who
// calls kernels is compiled without them, also where they are not built (CRESSET_CUDA of CMake).

struct CUstream_st;

namespace cresset::cuda {

// nullptr is the default stream of the thread's current device.
using Stream = CUstream_st*;

}  // namespace cresset::cuda
