#include "crds/worker_contract/training_spec.h"

#include <array>

#include "crds/worker_contract/goal_rules.h"
#include "crds/worker_contract/model_spec.h"
#include "crds/worker_contract/names.h"
#include "crds/worker_contract/optimizers.h"

namespace cresset::worker_contract {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr std::array<std::string_view, 3> kPrecisions{"fp32", "bf16", "fp16"};

void read_uri(Reader& reader, std::string_view key, std::string& into) {
  if (auto uri = reader.text(key, kMaxUriBytes)) {
    reader.check(check_uri(*uri, reader.path_of(key)));
    into = *uri;
  }
}

// The object below `key`, if it is there, by a decoder of its own.
template <typename Part>
void read_part(Reader& reader, std::string_view key,
               Result<Part> (*decode)(const Json& json, const std::string& path), Part& into) {
  const Json* json = reader.object(key);
  if (json == nullptr) return;
  auto decoded = decode(*json, reader.path_of(key));
  if (decoded)
    into = std::move(*decoded);
  else
    reader.add_error(decoded.error());
}

Result<DataSpec> decode_data(const Json& json, const std::string& path) {
  DataSpec data;
  Reader reader(json, path);
  if (const Json* train = reader.require("train").object("train")) {
    Reader inner(*train, reader.path_of("train"));
    read_uri(inner.require("uri"), "uri", data.train_uri);
    reader.check(inner.finish());
  }
  if (const Json* validation = reader.object("validation")) {
    Reader inner(*validation, reader.path_of("validation"));
    read_uri(inner, "uri", data.validation_uri);
    if (auto fraction = inner.number("fraction", {0.0, 0.9, true}))
      data.validation_fraction = *fraction;
    if (inner.has("uri") == inner.has("fraction"))
      inner.add_error(base::invalid(inner.path() + " needs one of uri and fraction, found " +
                                    (inner.has("uri") ? "both" : "neither")));
    if (auto column = inner.name("splitBy", 256)) data.validation_split_by = *column;
    if (inner.has("splitBy") && !inner.has("fraction"))
      inner.add_error(base::invalid(inner.path_of("splitBy") + " goes with fraction only"));
    reader.check(inner.finish());
  }
  if (auto label = reader.name("label", 256)) data.label = *label;
  if (auto labels = read_columns(reader, "labels")) data.labels = *labels;
  if (reader.has("labels") && data.labels.empty())
    reader.add_error(
        base::invalid(reader.path_of("labels") + " must have at least 1 item, found none"));
  if (reader.has("label") && reader.has("labels"))
    reader.add_error(base::invalid(path + " needs one of label and labels, found both"));
  if (!data.label.empty() && data.label == data.validation_split_by)
    reader.add_error(base::invalid(reader.path_of("validation.splitBy") + " is the label, \"" +
                                   data.label + "\"; allowed is another column"));
  if (auto features = read_columns(reader, "features")) data.features = *features;
  read_part(reader, "badRows", decode_bad_rows, data.bad_rows);
  read_part(reader, "images", decode_images, data.images);
  read_part(reader, "streaming", decode_streaming, data.streaming);
  if (data.streaming.shuffle_window > 0 && data.validation_fraction > 0)
    reader.add_error(base::invalid(reader.path_of("validation.fraction") +
                                   " does not go with streaming, whose rows are never held all at "
                                   "once; allowed is uri"));
  CRESSET_CHECK(reader.finish());
  return data;
}

Result<OptimizerSpec> decode_optimizer(const Json& json, const std::string& path) {
  OptimizerSpec optimizer;
  Reader reader(json, path);
  if (auto name = reader.one_of("name", optimizer_names())) optimizer.name = *name;
  if (const auto* method = find_optimizer_method(optimizer.name)) method->read(reader, optimizer);
  CRESSET_CHECK(reader.finish());
  return optimizer;
}

// How weights follow gradients; after `data` was read.
void read_learning(Reader& reader, TrainingSpec& training) {
  read_part(reader, "goal", decode_goal, training.goal);
  read_part(reader, "optimizer", decode_optimizer, training.optimizer);
  read_part(reader, "schedule", decode_schedule, training.schedule);
  read_part(reader, "gradient", decode_gradient, training.gradient);
  read_part(reader, "parallel", decode_parallel, training.parallel);
  if (auto share = reader.number("labelSmoothing", {0, 1})) training.label_smoothing = *share;
  read_part(reader, "classWeights", decode_class_weights, training.class_weights);
  read_part(reader, "averaging", decode_averaging, training.averaging);
  read_part(reader, "earlyStopping", decode_early_stopping, training.early_stopping);
  if (training.early_stopping.patience > 0 && training.data.validation_uri.empty() &&
      training.data.validation_fraction <= 0)
    reader.add_error(base::invalid(reader.path_of("earlyStopping") + " needs " +
                                   reader.path_of("data.validation") +
                                   ", whose rows it looks at; found none"));
}

}  // namespace

Result<TrainingSpec> decode_training(const Json& json, const std::string& path) {
  TrainingSpec training;
  Reader reader(json, path);
  static const Json kNoModel = Json::object();
  const Json* model = reader.object("model");
  CRESSET_TRY(model_spec, decode_model(model != nullptr ? *model : kNoModel, path + ".model"));
  training.model = std::move(model_spec);
  CRESSET_CHECK(check_module(training.model, path + ".model"));
  if (const Json* data = reader.require("data").object("data")) {
    CRESSET_TRY(decoded, decode_data(*data, path + ".data"));
    training.data = std::move(decoded);
  }
  if (const Json* list = reader.array("preprocess", kMaxPreprocessSteps)) {
    CRESSET_TRY(steps, decode_preprocess(*list, path + ".preprocess"));
    training.preprocess = std::move(steps);
  }
  read_part(reader, "augment", decode_augment, training.augment);
  read_learning(reader, training);
  if (auto epochs = reader.integer("epochs", {1, 1000000})) training.epochs = *epochs;
  if (auto size = reader.integer("batchSize", {1, 1 << 24})) training.batch_size = *size;
  if (auto precision = reader.one_of("precision", kPrecisions)) training.precision = *precision;
  if (auto flag = reader.flag("deterministic")) training.deterministic = *flag;
  if (auto seed = reader.integer("seed", {0, (int64_t{1} << 53) - 1})) training.seed = *seed;
  CRESSET_CHECK(reader.finish());
  CRESSET_CHECK(check_goal(training, training.model.architecture, path));
  return training;
}

Result<CheckpointSpec> decode_checkpoint(const Json& json, const std::string& path) {
  CheckpointSpec checkpoint;
  Reader reader(json, path);
  read_uri(reader.require("uri"), "uri", checkpoint.uri);
  if (auto steps = reader.integer("everySteps", {1, 1000000000})) checkpoint.every_steps = *steps;
  if (auto seconds = reader.integer("everySeconds", {1, 86400}))
    checkpoint.every_seconds = *seconds;
  if (auto keep = reader.integer("keep", {1, 1000})) checkpoint.keep = *keep;
  CRESSET_CHECK(reader.finish());
  return checkpoint;
}

Result<std::string> decode_output_uri(const Json& json, const std::string& path) {
  std::string uri;
  Reader reader(json, path);
  read_uri(reader.require("uri"), "uri", uri);
  CRESSET_CHECK(reader.finish());
  return uri;
}

}  // namespace cresset::worker_contract
