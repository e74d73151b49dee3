#include "worker/train/job_loss.h"

#include "worker/train/core/class_weights.h"

namespace cresset::train {

using LossResult = base::Result<std::unique_ptr<Loss>>;

namespace {

LossResult loss_of_classes(const worker_contract::TrainingSpec& spec, const LabelTotals& totals) {
  CRESSET_TRY(weights, class_weights(spec.class_weights, totals.names, totals.rows));
  return std::make_unique<CrossEntropy>(spec.label_smoothing, weights);
}

LossResult loss_of_labels(const worker_contract::TrainingSpec& spec, const LabelTotals& totals) {
  CRESSET_TRY(weights,
              label_weights(spec.class_weights, totals.names, totals.rows, totals.all_rows));
  return std::make_unique<BinaryCrossEntropy>(weights);
}

}  // namespace

LossResult make_loss(const worker_contract::TrainingSpec& spec, const LabelTotals& totals,
                     bool some_places) {
  if (some_places) return std::make_unique<PlacesCrossEntropy>(spec.label_smoothing);
  switch (totals.kind) {
    case data::LabelKind::kNumbers:
      return std::make_unique<Distance>(spec.goal);
    case data::LabelKind::kFlags:
      return loss_of_labels(spec, totals);
    case data::LabelKind::kClasses:
    case data::LabelKind::kNone:
      break;
  }
  return loss_of_classes(spec, totals);
}

}  // namespace cresset::train
