#include "worker/train/job_loss.h"

#include "worker/train/core/class_weights.h"

namespace cresset::train {

using base::Result;
using LossResult = Result<std::unique_ptr<Loss>>;

namespace {

LossResult loss_of_classes(const worker_contract::TrainingSpec& spec, const data::Table& train) {
  std::vector<std::string> names;
  std::vector<int64_t> rows(static_cast<size_t>(train.classes.size()));
  for (int64_t code = 0; code < train.classes.size(); ++code)
    names.push_back(train.classes.name(code));
  for (const int64_t code : train.labels) ++rows[static_cast<size_t>(code)];
  CRESSET_TRY(weights, class_weights(spec.class_weights, names, rows));
  return std::make_unique<CrossEntropy>(spec.label_smoothing, weights);
}

LossResult loss_of_labels(const worker_contract::TrainingSpec& spec, const data::Table& train) {
  const size_t labels = train.label_columns.size();
  std::vector<int64_t> holding(labels);
  for (size_t i = 0; i < train.targets.size(); ++i) holding[i % labels] += train.targets[i] > 0;
  CRESSET_TRY(weights, label_weights(spec.class_weights, train.label_columns, holding, train.rows));
  return std::make_unique<BinaryCrossEntropy>(weights);
}

}  // namespace

LossResult make_loss(const worker_contract::TrainingSpec& spec, const data::Table& train) {
  switch (train.label_kind) {
    case data::LabelKind::kNumbers:
      return std::make_unique<Distance>(spec.goal);
    case data::LabelKind::kFlags:
      return loss_of_labels(spec, train);
    case data::LabelKind::kClasses:
      break;
  }
  return loss_of_classes(spec, train);
}

}  // namespace cresset::train
