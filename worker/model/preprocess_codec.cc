// How fitted preprocessing lies in model.json, and how it comes back.
#include <optional>
#include <utility>

#include "worker/data/core/columns.h"
#include "worker/model/preprocess.h"

namespace cresset::model {

using base::Json;
using base::Result;

namespace {

// Calls visit(step) with one of each kind, which has learnt nothing.
template <typename Visit, size_t... I>
void each_kind(const Visit& visit, std::index_sequence<I...>) {
  (visit(std::variant_alternative_t<I, Step>{}), ...);
}
constexpr std::make_index_sequence<std::variant_size_v<Step>> kKinds;

Result<Step> fresh_step(const std::string& kind, const std::string& path) {
  std::optional<Step> step;
  std::string names;
  each_kind(
      [&](auto one) {
        names += std::string(one.kName) + ", ";
        if (one.kName == kind) step = std::move(one);
      },
      kKinds);
  if (!step)
    return base::fail(
        base::invalid(path + ": found \"" + kind + "\", allowed are " + names + "reshape"));
  return std::move(*step);
}

Result<void> decode_step(Step& step, const Json& inner, const std::vector<std::string>& columns,
                         const std::string& path) {
  auto& bound = std::visit([](auto& one) -> StepColumns& { return one.columns; }, step);
  bound.path = path;
  base::Reader reader(inner, path);
  if (auto names = reader.require("columns").texts("columns", kMaxColumns)) bound.names = *names;
  CRESSET_CHECK(reader.finish_lenient());
  for (const auto& name : bound.names) {
    CRESSET_TRY(index, data::find_column(name, columns, path + ".columns: column", "the model"));
    bound.indices.push_back(index);
  }
  return std::visit([&](auto& one) { return one.decode(inner); }, step);
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
    const auto written = [&](const auto& one) {
      Json inner = one.encode();
      inner["columns"] = one.columns.names;
      steps.push_back({{std::string(one.kName), std::move(inner)}});
    };
    std::visit(written, step);
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
    } else {
      CRESSET_TRY(fitted, fresh_step(kind, at));
      CRESSET_CHECK(decode_step(fitted, *step.begin(), columns, path));
      preprocessing.steps_.push_back(std::move(fitted));
    }
  }
  preprocessing.columns_ = std::move(columns);
  preprocessing.prepare();
  return preprocessing;
}

}  // namespace cresset::model
