#include "worker/serve/torch_runtime.h"

#include <c10/core/Device.h>
#include <c10/util/Exception.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <new>
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

base::Error error_of(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
    return base::invalid("out of memory: raise spec.resources.limits.memory");
  if (const auto* full = dynamic_cast<const c10::OutOfMemoryError*>(&error))
    return base::invalid(std::string("out of memory of the GPU: take a larger one: ") +
                         full->what_without_backtrace());
  return base::unavailable(error.what());
}

}  // namespace cresset::serve
