#include "worker/train/forward.h"

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>

#include "worker/data/core/sharding.h"

namespace cresset::train {

namespace {

constexpr int64_t kRowsAtOnce = 512;

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

base::Result<std::map<std::string, double>> evaluate(model::Network& network,
                                                     const Samples& samples, const Loss& loss,
                                                     dist::ProcessGroup& group, bool bf16) {
  std::map<std::string, double> metrics;
  if (samples.rows() == 0) return metrics;
  at::NoGradGuard no_grad;
  network.set_training(false);
  double sum = 0, divisor = 0, right = 0;
  const auto part = data::shard(samples.rows(), group.rank(), group.size());
  for (int64_t first = part.begin; first < part.end; first += kRowsAtOnce) {
    const int64_t size = std::min(kRowsAtOnce, part.end - first);
    const auto targets = samples.targets.narrow(0, first, size);
    const auto logits = forward(network, samples.inputs.narrow(0, first, size), bf16);
    sum += loss.sum(logits, targets).item<double>();
    divisor += loss.divisor(targets);
    right += logits.argmax(1).eq(targets).sum().item<double>();
  }
  network.set_training(true);
  auto sums = at::tensor({sum, divisor, right}, at::kDouble);
  CRESSET_CHECK(group.sum(sums));
  const auto rows = static_cast<double>(samples.rows());
  metrics["loss"] = sums[0].item<double>() / sums[1].item<double>();
  metrics["accuracy"] = sums[2].item<double>() / rows;
  return metrics;
}

}  // namespace cresset::train
