#include "worker/train/forward.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

namespace cresset::train {

namespace {

class Autocast {
 public:
  explicit Autocast(Precision precision) : on_(precision.has_value()) {
    if (!on_) return;
    at::autocast::set_autocast_dtype(at::kCPU, *precision);
    at::autocast::set_autocast_enabled(at::kCPU, true);
  }
  ~Autocast() {
    if (!on_) return;
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_;
};

}  // namespace

Precision precision_of(const std::string& name) {
  if (name == "bf16") return at::kBFloat16;
  if (name == "fp16") return at::kHalf;
  return std::nullopt;
}

at::Tensor forward(model::Network& network, const at::Tensor& inputs, Precision precision) {
  const Autocast autocast(precision);
  return network.forward(inputs).to(at::kFloat);
}

}  // namespace cresset::train
