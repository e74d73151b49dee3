#pragma once
// A device that is not the CPU, on machines without a GPU: libtorch's key of an accelerator of
// which the wheel knows the name alone (HPU), with memory of its own. Each operation is done by the
// CPU's kernel over copies, so that a run has the CPU's bits; one that meets a tensor of the CPU
// throws, as with CUDA, and the host's reading or writing its memory ends the process, which is
// what this is for. Of autocast, fused kernels and streams it shows nothing: these are a GPU's
// (gpu_test.cc).

#include <c10/core/Device.h>

namespace cresset::train {

inline const c10::Device kOtherDevice(c10::DeviceType::HPU, 0);

}  // namespace cresset::train
