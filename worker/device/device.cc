#include "worker/device/device.h"

#include <ATen/ATen.h>

#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/env.h>

#include "worker/device/gpu_name.h"

namespace cresset::device {

namespace {

constexpr bool kHasCuda = CRESSET_LIBTORCH_CUDA;

std::string first_line(const std::exception& error) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&error);
  const std::string text = of_torch != nullptr ? of_torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace

Visible look_for_gpus() {
  Visible visible{.built = kHasCuda, .gpus = 0, .why_none = "it shows no device"};
  if constexpr (kHasCuda) {
    try {
      at::globalContext().lazyInitDevice(at::kCUDA);
      visible.gpus = at::detail::getCUDAHooks().deviceCount();
    } catch (const std::exception& error) {
      visible.why_none = first_line(error);
    }
  }
  return visible;
}

c10::Device use(std::optional<int> gpu) {
  if (!gpu) return at::kCPU;
  const c10::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(*gpu));
  c10::impl::VirtualGuardImpl(at::kCUDA).setDevice(device);
  return device;
}

std::string describe(const c10::Device& device) {
  const std::string threads = std::to_string(at::get_num_threads()) + " threads";
  if constexpr (kHasCuda)
    if (device.is_cuda()) return device.str() + ", " + gpu_name(device.index()) + ", " + threads;
  return "cpu, " + at::get_cpu_capability() + ", " + (at::hasMKL() ? "mkl" : "no mkl") + ", " +
         threads;
}

base::Result<void> check_works(const c10::Device& device) {
  if (device.is_cpu()) return {};
  try {
    c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
  } catch (const std::exception& error) {
    return base::fail(base::unavailable(device.str() + " is lost: " + first_line(error)));
  }
  return {};
}

at::Tensor moved(const at::Tensor& tensor, const c10::Device& device) {
  if (tensor.device() == device) return tensor;
  if (!device.is_cuda()) return tensor.to(device);
  const auto from = tensor.is_cpu() && !tensor.is_pinned() ? tensor.pin_memory() : tensor;
  return from.to(device, /*non_blocking=*/true);
}

void use_threads(int threads) {
  at::set_num_threads(threads);
  static const bool once = [] {
    at::set_num_interop_threads(1);
    return true;
  }();
  (void)once;
}

void use_deterministic_operations(bool on) {
  if (on) c10::utils::set_env("CUBLAS_WORKSPACE_CONFIG", ":4096:8");
  at::globalContext().setDeterministicAlgorithms(on, /*warn_only=*/false);
  at::globalContext().setBenchmarkCuDNN(!on);  // it tries out which convolution is the quickest
}

void flush_denormals() { at::globalContext().setFlushDenormal(true); }

}  // namespace cresset::device
