// The encoders: what decode_* reads, written back whole, defaults included.
#include "crds/worker_contract/model_spec.h"
#include "crds/worker_contract/optimizers.h"
#include "crds/worker_contract/training_spec.h"

namespace cresset::worker_contract {

using base::Json;

namespace {

Json encode_data(const DataSpec& data) {
  Json json{{"train", {{"uri", data.train_uri}}}};
  if (!data.label.empty()) json["label"] = data.label;
  if (!data.labels.empty()) json["labels"] = data.labels;
  if (!data.validation_uri.empty()) json["validation"] = {{"uri", data.validation_uri}};
  if (data.validation_fraction > 0) json["validation"] = {{"fraction", data.validation_fraction}};
  if (!data.validation_split_by.empty()) json["validation"]["splitBy"] = data.validation_split_by;
  if (!data.features.empty()) json["features"] = data.features;
  if (data.bad_rows.limit > 0) json["badRows"] = encode(data.bad_rows);
  if (data.images.height > 0) json["images"] = encode(data.images);
  if (data.streaming.shuffle_window > 0) json["streaming"] = encode(data.streaming);
  return json;
}

Json encode_optimizer(const OptimizerSpec& optimizer) {
  const auto* method = find_optimizer_method(optimizer.name);
  return method != nullptr ? method->write(optimizer) : Json{{"name", optimizer.name}};
}

}  // namespace

Json encode(const TrainingSpec& training) {
  Json json{{"model", encode(training.model)},
            {"data", encode_data(training.data)},
            {"preprocess", encode(training.preprocess)},
            {"optimizer", encode_optimizer(training.optimizer)},
            {"schedule", encode(training.schedule)},
            {"gradient", encode(training.gradient)},
            {"parallel", encode(training.parallel)},
            {"labelSmoothing", training.label_smoothing},
            {"epochs", training.epochs},
            {"batchSize", training.batch_size},
            {"precision", training.precision},
            {"deterministic", training.deterministic},
            {"seed", training.seed}};
  if (training.augment.changes_images()) json["augment"] = encode(training.augment);
  if (!training.goal.name.empty()) json["goal"] = encode(training.goal);
  if (!training.class_weights.strategy.empty())
    json["classWeights"] = encode(training.class_weights);
  if (training.averaging.decay > 0) json["averaging"] = encode(training.averaging);
  if (training.early_stopping.patience > 0) json["earlyStopping"] = encode(training.early_stopping);
  return json;
}

Json encode(const CheckpointSpec& checkpoint) {
  return {{"uri", checkpoint.uri},
          {"everySteps", checkpoint.every_steps},
          {"everySeconds", checkpoint.every_seconds},
          {"keep", checkpoint.keep}};
}

}  // namespace cresset::worker_contract
