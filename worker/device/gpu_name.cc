#include "worker/device/gpu_name.h"

#include <ATen/cuda/CUDAContext.h>

namespace cresset::device {

std::string gpu_name(int gpu) {
  const auto* of = at::cuda::getDeviceProperties(static_cast<c10::DeviceIndex>(gpu));
  return std::string(of->name) + ", " + std::to_string(of->totalGlobalMem >> 30) +
         " GiB, compute capability " + std::to_string(of->major) + "." + std::to_string(of->minor);
}

}  // namespace cresset::device
