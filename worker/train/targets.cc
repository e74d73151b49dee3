#include "worker/train/targets.h"

#include <ATen/ATen.h>

#include <cmath>

namespace cresset::train {

namespace {

model::Target fit(const std::string& name, const data::Table& train, size_t column) {
  const size_t width = train.label_columns.size();
  const auto rows = static_cast<double>(train.rows);
  const double first = train.targets[column];  // taken away, so that equal labels deviate by zero
  double sum = 0, squares = 0;
  for (size_t i = column; i < train.targets.size(); i += width) sum += train.targets[i] - first;
  const double mean = first + sum / rows;
  for (size_t i = column; i < train.targets.size(); i += width)
    squares += (train.targets[i] - mean) * (train.targets[i] - mean);
  const double deviation = std::sqrt(squares / rows);
  return {.name = name, .mean = mean, .deviation = deviation > 0 ? deviation : 1};
}

}  // namespace

std::vector<model::Target> fit_targets(const data::Table& train) {
  std::vector<model::Target> targets;
  if (train.label_kind == data::LabelKind::kClasses) return targets;
  for (size_t c = 0; c < train.label_columns.size(); ++c)
    targets.push_back(train.label_kind == data::LabelKind::kNumbers
                          ? fit(train.label_columns[c], train, c)
                          : model::Target{.name = train.label_columns[c]});
  return targets;
}

at::Tensor target_tensor(const data::Table& table, const std::vector<model::Target>& targets) {
  const auto width = static_cast<int64_t>(targets.size());
  auto tensor = at::empty({table.rows, width}, at::kFloat);
  auto* into = tensor.mutable_data_ptr<float>();
  for (size_t i = 0; i < table.targets.size(); ++i) {
    const auto& target = targets[i % targets.size()];
    into[i] = static_cast<float>((table.targets[i] - target.mean) / target.deviation);
  }
  return tensor;
}

}  // namespace cresset::train
