// How fitted preprocessing lies in model.json, and how it comes back.
#include <cmath>

#include "worker/data/core/columns.h"
#include "worker/model/preprocess.h"

namespace cresset::model {

using base::Json;
using base::Result;

namespace {

Result<std::vector<double>> numbers(const Json& inner, const char* key, size_t wanted,
                                    bool positive, const std::string& path) {
  std::vector<double> values;
  const auto found = inner.find(key);
  if (found == inner.end() || !found->is_array() || found->size() != wanted)
    return base::fail(base::invalid(path + "." + key + ": wanted " + std::to_string(wanted) +
                                    " numbers, one a column"));
  for (const auto& value : *found) {
    const bool usable = value.is_number() && std::isfinite(value.get<double>());
    if (!usable || (positive && value.get<double>() <= 0))
      return base::fail(base::invalid(path + "." + key + ": found " + base::dump(value) +
                                      ", allowed are finite numbers" +
                                      (positive ? " greater than 0" : "")));
    values.push_back(value.get<double>());
  }
  return values;
}

Result<FittedStep> decode_step(const std::string& kind, const Json& inner,
                               const std::vector<std::string>& columns, const std::string& path) {
  FittedStep step{.kind = kind, .path = path};
  base::Reader reader(inner, path);
  if (auto names = reader.require("columns").texts("columns", kMaxColumns)) step.columns = *names;
  CRESSET_CHECK(reader.finish_lenient());
  for (const auto& name : step.columns) {
    CRESSET_TRY(index, data::find_column(name, columns, path + ".columns: column", "the model"));
    step.indices.push_back(index);
  }
  if (kind == "impute") {
    CRESSET_TRY(values, numbers(inner, "values", step.columns.size(), false, path));
    step.values = std::move(values);
    step.strategy = base::text_at(inner, "/strategy", "Mean");
    return step;
  }
  CRESSET_TRY(mean, numbers(inner, "mean", step.columns.size(), false, path));
  CRESSET_TRY(deviation, numbers(inner, "deviation", step.columns.size(), true, path));
  step.mean = std::move(mean);
  step.deviation = std::move(deviation);
  return step;
}

Result<std::vector<int64_t>> decode_shape(const Json& inner, size_t columns,
                                          const std::string& path) {
  base::Reader reader(inner, path);
  auto shape = reader.require("shape").integers("shape", 8, {1, int64_t{1} << 30});
  CRESSET_CHECK(reader.finish());
  int64_t product = 1;
  for (int64_t size : *shape) {
    if (__builtin_mul_overflow(product, size, &product)) product = -1;
    if (product < 0) break;
  }
  if (product != static_cast<int64_t>(columns))
    return base::fail(base::invalid(path + ".shape: its product must be the number of columns, " +
                                    std::to_string(columns)));
  return *shape;
}

}  // namespace

Json Preprocessing::encode() const {
  Json steps = Json::array();
  for (const auto& step : steps_) {
    Json inner{{"columns", step.columns}};
    if (step.kind == "impute") {
      inner["strategy"] = step.strategy;
      inner["values"] = step.values;
    } else {
      inner["mean"] = step.mean;
      inner["deviation"] = step.deviation;
    }
    steps.push_back({{step.kind, std::move(inner)}});
  }
  if (sample_shape_ != std::vector<int64_t>{static_cast<int64_t>(columns_.size())})
    steps.push_back({{"reshape", {{"shape", sample_shape_}}}});
  return {{"steps", std::move(steps)}};
}

Result<Preprocessing> Preprocessing::decode(const Json& json, std::vector<std::string> columns) {
  Preprocessing preprocessing;
  preprocessing.path_ = "preprocessing";
  preprocessing.sample_shape_ = {static_cast<int64_t>(columns.size())};
  base::Reader reader(json, preprocessing.path_);
  const Json* steps = reader.require("steps").array("steps");
  CRESSET_CHECK(reader.finish());
  for (size_t i = 0; i < steps->size(); ++i) {
    const Json& step = (*steps)[i];
    const std::string at = preprocessing.path_ + ".steps[" + std::to_string(i) + "]";
    if (!step.is_object() || step.size() != 1)
      return base::fail(base::invalid(at + ": wanted an object with one key, the step's kind"));
    const std::string kind = step.begin().key();
    const std::string path = at + "." + kind;
    if (!step.begin()->is_object())
      return base::fail(base::invalid(path + ": wanted an object, found " +
                                      std::string(base::type_name(*step.begin()))));
    if (kind == "reshape") {
      CRESSET_TRY(shape, decode_shape(*step.begin(), columns.size(), path));
      preprocessing.sample_shape_ = std::move(shape);
    } else if (kind == "impute" || kind == "standardize") {
      CRESSET_TRY(fitted, decode_step(kind, *step.begin(), columns, path));
      preprocessing.steps_.push_back(std::move(fitted));
    } else {
      return base::fail(
          base::invalid(at + ": found \"" + kind + "\", allowed are impute, standardize, reshape"));
    }
  }
  preprocessing.columns_ = std::move(columns);
  preprocessing.compile();
  return preprocessing;
}

}  // namespace cresset::model
