#include "crds/worker_contract/training_spec.h"

#include <algorithm>
#include <array>

#include "crds/worker_contract/model_spec.h"
#include "crds/worker_contract/names.h"
#include "crds/worker_contract/optimizers.h"

namespace cresset::worker_contract {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr std::array<std::string_view, 3> kPrecisions{"fp32", "bf16", "fp16"};
constexpr std::array<std::string_view, 2> kImputeStrategies{"Mean", "Constant"};
constexpr size_t kMaxSteps = 32;
constexpr size_t kMaxColumns = 256;
constexpr size_t kMaxColumn = 1024;

void read_uri(Reader& reader, std::string_view key, std::string& into) {
  if (auto uri = reader.text(key, kMaxUriBytes)) {
    reader.check(check_uri(*uri, reader.path_of(key)));
    into = *uri;
  }
}

// Names or globs of columns.
std::optional<std::vector<std::string>> read_columns(Reader& reader, std::string_view key) {
  auto columns = reader.texts(key, kMaxColumns);
  for (size_t i = 0; columns && i < columns->size(); ++i)
    if ((*columns)[i].size() > kMaxColumn)
      reader.add_error(base::invalid(reader.path_of(key) + "[" + std::to_string(i) + "] has " +
                                     std::to_string((*columns)[i].size()) +
                                     " characters; at most " + std::to_string(kMaxColumn) +
                                     " are allowed"));
  return columns;
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
    reader.check(inner.finish());
  }
  if (auto label = reader.require("label").name("label", 256)) data.label = *label;
  if (auto features = read_columns(reader, "features")) data.features = *features;
  read_part(reader, "badRows", decode_bad_rows, data.bad_rows);
  read_part(reader, "images", decode_images, data.images);
  CRESSET_CHECK(reader.finish());
  return data;
}

Result<ImputeStep> decode_impute(const Json& json, const std::string& path) {
  ImputeStep step;
  Reader reader(json, path);
  if (auto columns = read_columns(reader.require("columns"), "columns")) step.columns = *columns;
  if (auto strategy = reader.one_of("strategy", kImputeStrategies)) step.strategy = *strategy;
  const auto value = reader.number("value");
  if (value && step.strategy == "Constant") step.value = *value;
  if (step.strategy == "Constant" && !reader.has("value"))
    reader.add_error(
        base::invalid(reader.path_of("value") + " is required with strategy Constant"));
  CRESSET_CHECK(reader.finish());
  return step;
}

Result<PreprocessStep> decode_step(const Json& json, const std::string& path) {
  Reader reader(json, path);
  const Json* impute = reader.object("impute");
  const Json* standardize = reader.object("standardize");
  const Json* reshape = reader.object("reshape");
  CRESSET_CHECK(reader.finish());
  if ((impute != nullptr) + (standardize != nullptr) + (reshape != nullptr) != 1)
    return base::fail(
        base::invalid(path + " must have exactly one of impute, standardize, reshape"));
  if (impute != nullptr) {
    CRESSET_TRY(step, decode_impute(*impute, path + ".impute"));
    return PreprocessStep(std::move(step));
  }
  if (standardize != nullptr) {
    StandardizeStep step;
    Reader inner(*standardize, path + ".standardize");
    if (auto columns = read_columns(inner.require("columns"), "columns")) step.columns = *columns;
    CRESSET_CHECK(inner.finish());
    return PreprocessStep(std::move(step));
  }
  ReshapeStep step;
  Reader inner(*reshape, path + ".reshape");
  if (auto shape = inner.require("shape").integers("shape", 8, {1, 1 << 20})) step.shape = *shape;
  CRESSET_CHECK(inner.finish());
  return PreprocessStep(std::move(step));
}

Result<OptimizerSpec> decode_optimizer(const Json& json, const std::string& path) {
  OptimizerSpec optimizer;
  Reader reader(json, path);
  if (auto name = reader.one_of("name", optimizer_names())) optimizer.name = *name;
  if (const auto* method = find_optimizer_method(optimizer.name)) method->read(reader, optimizer);
  CRESSET_CHECK(reader.finish());
  return optimizer;
}

Result<std::vector<PreprocessStep>> decode_steps(const Json& list, const std::string& path) {
  std::vector<PreprocessStep> steps;
  for (size_t i = 0; i < list.size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    CRESSET_TRY(step, decode_step(list[i], at));
    if (!steps.empty() && std::holds_alternative<ReshapeStep>(steps.back()))
      return base::fail(base::invalid(at + " comes after reshape, which must be the last step"));
    steps.push_back(std::move(step));
  }
  return steps;
}

// How weights follow gradients; after `data` was read.
void read_learning(Reader& reader, TrainingSpec& training) {
  read_part(reader, "optimizer", decode_optimizer, training.optimizer);
  read_part(reader, "schedule", decode_schedule, training.schedule);
  read_part(reader, "gradient", decode_gradient, training.gradient);
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

Result<void> check_uri(const std::string& uri, const std::string& path) {
  const auto bad = [&](const std::string& why) {
    return base::fail(base::invalid(path + " " + why + ", found \"" + uri +
                                    "\"; allowed: s3://BUCKET/KEY, file:///PATH"));
  };
  for (const char c : uri)
    if (static_cast<unsigned char>(c) <= ' ' || c == '?' || c == '#')
      return bad("holds a space, a control character, ? or #");
  if (uri.rfind("file://", 0) == 0) {
    if (uri.size() < 9 || uri[7] != '/') return bad("must name an absolute path");
  } else if (uri.rfind("s3://", 0) == 0) {
    const size_t slash = uri.find('/', 5);
    const size_t bucket = std::min(slash, uri.size()) - 5;
    if (bucket < 3 || bucket > 63) return bad("must name a bucket of 3 to 63 characters");
    if (slash == std::string::npos || slash + 1 == uri.size())
      return bad("must name a key after the bucket");
  } else {
    return bad("must start with s3:// or file://");
  }
  if ((uri + "/").find("/../") != std::string::npos) return bad("must not hold ..");
  return {};
}

Result<StorageSpec> decode_storage(const Json& json, const std::string& path) {
  StorageSpec storage;
  Reader reader(json, path);
  if (const Json* reference = reader.object("secretRef")) {
    Reader inner(*reference, reader.path_of("secretRef"));
    if (auto name = inner.require("name").name("name", 253)) storage.secret_name = *name;
    reader.check(inner.finish());
  }
  if (auto endpoint = reader.text("endpoint", kMaxUriBytes)) {
    if (endpoint->rfind("http://", 0) != 0 && endpoint->rfind("https://", 0) != 0)
      reader.add_error(base::invalid(reader.path_of("endpoint") +
                                     " must start with http:// or https://, found \"" + *endpoint +
                                     "\""));
    storage.endpoint = *endpoint;
  }
  if (auto region = reader.text("region", 64)) storage.region = *region;
  CRESSET_CHECK(reader.finish());
  return storage;
}

Result<TrainingSpec> decode_training(const Json& json, const std::string& path) {
  TrainingSpec training;
  Reader reader(json, path);
  static const Json kNoModel = Json::object();
  const Json* model = reader.object("model");
  CRESSET_TRY(model_spec, decode_model(model != nullptr ? *model : kNoModel, path + ".model"));
  training.model = std::move(model_spec);
  if (const Json* data = reader.require("data").object("data")) {
    CRESSET_TRY(decoded, decode_data(*data, path + ".data"));
    training.data = std::move(decoded);
  }
  if (const Json* list = reader.array("preprocess", kMaxSteps)) {
    CRESSET_TRY(steps, decode_steps(*list, path + ".preprocess"));
    training.preprocess = std::move(steps);
  }
  read_learning(reader, training);
  if (auto epochs = reader.integer("epochs", {1, 1000000})) training.epochs = *epochs;
  if (auto size = reader.integer("batchSize", {1, 1 << 24})) training.batch_size = *size;
  if (auto precision = reader.one_of("precision", kPrecisions)) training.precision = *precision;
  if (auto flag = reader.flag("deterministic")) training.deterministic = *flag;
  if (auto seed = reader.integer("seed", {0, (int64_t{1} << 53) - 1})) training.seed = *seed;
  CRESSET_CHECK(reader.finish());
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
