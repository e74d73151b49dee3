#include "worker/device/device.h"

#include <ATen/Parallel.h>

namespace cresset::device {

std::string describe() {
  return "cpu, " + at::get_cpu_capability() + ", " + (at::hasMKL() ? "mkl" : "no mkl") + ", " +
         std::to_string(at::get_num_threads()) + " threads";
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
  at::globalContext().setDeterministicAlgorithms(on, /*warn_only=*/false);
}

void flush_denormals() { at::globalContext().setFlushDenormal(true); }

}  // namespace cresset::device
