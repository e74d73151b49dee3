#include "worker/train/best_weights.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cresset::train {

BestWeights::BestWeights(worker_contract::EarlyStoppingSpec spec,
                         std::span<const std::string_view> told, std::vector<std::string> names,
                         std::vector<at::Tensor> tensors)
    : spec_(std::move(spec)),
      told_(told),
      names_(std::move(names)),
      tensors_(std::move(tensors)),
      metrics_(at::full({static_cast<int64_t>(told_.size())},
                        std::numeric_limits<double>::quiet_NaN(), at::kDouble)),
      waited_(at::zeros({}, at::kLong)) {
  for (const auto& tensor : tensors_) best_.push_back(tensor.detach().clone());
}

int64_t BestWeights::index_of(std::string_view metric) const {
  return std::find(told_.begin(), told_.end(), metric) - told_.begin();
}

EarlyStopping BestWeights::stopping() const {
  EarlyStopping stopping(spec_);
  stopping.restore(
      {.best = metrics_[index_of(spec_.metric)].item<double>(), .waited = waited_.item<int64_t>()});
  return stopping;
}

base::Result<void> BestWeights::judge(const Metrics& metrics) {
  const auto figure = metrics.find(spec_.metric);
  if (figure == metrics.end())
    return base::fail(base::invalid("spec.training.earlyStopping.metric is \"" + spec_.metric +
                                    "\", which the validation rows do not tell: they are all of "
                                    "one class"));
  at::NoGradGuard no_grad;
  auto judged = stopping();
  const bool better = judged.judge(figure->second);
  waited_.fill_(judged.state().waited);
  if (!better) return {};
  metrics_.fill_(std::numeric_limits<double>::quiet_NaN());
  for (const auto& [name, value] : metrics) metrics_[index_of(name)] = value;
  at::_foreach_copy_(best_, tensors_);
  return {};
}

bool BestWeights::is_over() const { return stopping().is_over(); }

BestWeights::Metrics BestWeights::adopt() {
  Metrics metrics;
  for (const auto name : told_) {
    const double value = metrics_[index_of(name)].item<double>();
    if (!std::isnan(value)) metrics[std::string(name)] = value;
  }
  if (metrics.empty()) return metrics;
  at::NoGradGuard no_grad;
  at::_foreach_copy_(tensors_, best_);
  return metrics;
}

NamedTensors BestWeights::state() const {
  NamedTensors state;
  state.add("earlyStopping.metrics", metrics_);
  state.add("earlyStopping.waited", waited_);
  for (size_t i = 0; i < names_.size(); ++i) state.add(names_[i] + ".best", best_[i]);
  return state;
}

}  // namespace cresset::train
