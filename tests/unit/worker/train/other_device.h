#pragma once
// A device that is not the CPU, on machines without a GPU: libtorch's key of an accelerator of
// which the wheel knows the name alone (HPU), with memory of its own. Each operation is done by the
// CPU's kernel over copies, so that a run has the CPU's bits; one that meets a tensor of the CPU
// throws, as with CUDA, and the host's reading or writing its memory ends the process, which is
// what this is for. Of autocast, fused kernels and streams it shows nothing: these are a GPU's
// (gpu_test.cc).

#include <c10/core/Device.h>

#include <cstddef>

namespace cresset::train {

inline const c10::Device kOtherDevice(c10::DeviceType::HPU, 0);

namespace other_device {

// The bytes of the largest block of its memory that was asked for since this was called last.
size_t take_largest_block();
// Whether it tells an error, as a GPU after an index out of range, when it is waited for.
void lose(bool lost);

}  // namespace other_device

}  // namespace cresset::train
