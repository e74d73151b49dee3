#include "worker/serve/torch_runtime.h"

#include <c10/core/Device.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <thread>

#include "operator/base/file.h"
#include "worker/device/device.h"
#include "worker/device/threads.h"

namespace cresset::serve {

int prepare_torch() {
  torch::jit::getExecutorMode() = false;
  torch::jit::getProfilingMode() = false;
  const int threads =
      device::compute_threads(1, static_cast<int>(std::thread::hardware_concurrency()),
                              base::environment("OMP_NUM_THREADS").value_or(""));
  device::use_threads(threads);
  return threads;
}

base::Result<c10::Device> prepare_device(int gpus) {
  CRESSET_TRY(gpu, device::choose_gpu({.gpus = gpus, .resources = "spec.resources"},
                                      device::look_for_gpus()));
  return device::use(gpu);
}

}  // namespace cresset::serve
