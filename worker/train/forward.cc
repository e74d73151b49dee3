#include "worker/train/forward.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

namespace cresset::train {

namespace {

class Autocast {
 public:
  explicit Autocast(bool on) : on_(on) {
    if (!on_) return;
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
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

at::Tensor forward(model::Network& network, const at::Tensor& inputs, bool bf16) {
  Autocast autocast(bf16);
  return network.forward(inputs).to(at::kFloat);
}

}  // namespace cresset::train
