#include "worker/train/forward.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

namespace cresset::train {

namespace {

class Autocast {
 public:
  Autocast(Precision precision, at::DeviceType device)
      : on_(precision.has_value()), device_(device) {
    if (!on_) return;
    at::autocast::set_autocast_dtype(device_, *precision);
    at::autocast::set_autocast_enabled(device_, true);
  }
  ~Autocast() {
    if (!on_) return;
    at::autocast::set_autocast_enabled(device_, false);
    at::autocast::clear_cache();
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_;
  at::DeviceType device_;
};

}  // namespace

Precision precision_of(const std::string& name) {
  if (name == "bf16") return at::kBFloat16;
  if (name == "fp16") return at::kHalf;
  return std::nullopt;
}

at::Tensor forward(model::Network& network, const at::Tensor& inputs, Precision precision) {
  const Autocast autocast(precision, inputs.device().type());
  return network.forward(inputs).to(at::kFloat);
}

}  // namespace cresset::train
