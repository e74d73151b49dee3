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
template <typename Any, typename Visit, size_t... I>
void each_kind(const Visit& visit, std::index_sequence<I...>) {
  (visit(std::variant_alternative_t<I, Any>{}), ...);
}
template <typename Any, typename Visit>
void each_kind(const Visit& visit) {
  each_kind<Any>(visit, std::make_index_sequence<std::variant_size_v<Any>>{});
}

template <typename Any>
std::optional<Any> fresh_step(const std::string& kind) {
  std::optional<Any> step;
  each_kind<Any>([&](auto one) {
    if (one.kName == kind) step = std::move(one);
  });
  return step;
}

std::string all_kinds() {
  std::string names;
  const auto add = [&](const auto& step) { names += std::string(step.kName) + ", "; };
  each_kind<Step>(add);
  each_kind<TextStep>(add);
  return names + "reshape";
}

template <typename Any>
Result<void> decode_step(Any& step, const Json& inner, const std::vector<std::string>& columns,
                         const std::string& path) {
  auto& bound = columns_of(step);
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

Result<std::vector<int64_t>> decode_shape(const Json& inner, const std::string& path) {
  base::Reader reader(inner, path);
  auto shape = reader.require("shape").integers("shape", 8, {1, int64_t{1} << 30});
  CRESSET_CHECK(reader.finish());
  int64_t product = 1;
  for (const int64_t size : *shape)
    if (__builtin_mul_overflow(product, size, &product))
      return base::fail(base::invalid(path + ".shape: its product is beyond 64 bits"));
  return *shape;
}

}  // namespace

Json Preprocessing::encode() const {
  Json steps = Json::array();
  const auto write = [&](const auto& one) {
    Json inner = one.encode();
    inner["columns"] = one.columns.names;
    steps.push_back({{std::string(one.kName), std::move(inner)}});
  };
  for (const auto& step : steps_) std::visit(write, step);
  for (const auto& step : text_steps_) std::visit(write, step);
  if (!reshape_.empty()) steps.push_back({{"reshape", {{"shape", reshape_}}}});
  return {{"steps", std::move(steps)}};
}

Result<void> Preprocessing::decode_one(const std::string& kind, const Json& inner,
                                       const std::string& at) {
  const std::string path = at + "." + kind;
  if (!inner.is_object())
    return base::fail(
        base::invalid(path + ": wanted an object, found " + std::string(base::type_name(inner))));
  if (kind == "reshape") {
    CRESSET_TRY(shape, decode_shape(inner, path));
    reshape_ = std::move(shape);
    reshape_path_ = at;
  } else if (auto step = fresh_step<Step>(kind)) {
    CRESSET_CHECK(decode_step(*step, inner, columns_, path));
    steps_.push_back(std::move(*step));
  } else if (auto taking = fresh_step<TextStep>(kind)) {
    CRESSET_CHECK(decode_step(*taking, inner, columns_, path));
    CRESSET_CHECK(take_as_texts(std::move(*taking)));
  } else {
    return base::fail(base::invalid(at + ": found \"" + kind + "\", allowed are " + all_kinds()));
  }
  return {};
}

// No step may compute with the places of texts.
Result<void> Preprocessing::check_numbers() const {
  for (const auto& step : steps_) {
    const auto& bound = columns_of(step);
    for (size_t i = 0; i < bound.indices.size(); ++i)
      if (holds_texts(bound.indices[i]))
        return base::fail(base::invalid(bound.path + ".columns: column \"" + bound.names[i] +
                                        "\" holds texts, allowed are columns of numbers"));
  }
  return {};
}

Result<Preprocessing> Preprocessing::decode(const Json& json, std::vector<std::string> columns) {
  Preprocessing preprocessing(std::move(columns), "preprocessing");
  base::Reader reader(json, preprocessing.path_);
  const Json* steps = reader.require("steps").array("steps");
  CRESSET_CHECK(reader.finish());
  for (size_t i = 0; i < steps->size(); ++i) {
    const Json& step = (*steps)[i];
    const std::string at = preprocessing.path_ + ".steps[" + std::to_string(i) + "]";
    if (!step.is_object() || step.size() != 1)
      return base::fail(base::invalid(at + ": wanted an object with one key, the step's kind"));
    CRESSET_CHECK(preprocessing.decode_one(step.begin().key(), *step.begin(), at));
  }
  CRESSET_CHECK(preprocessing.check_numbers());
  preprocessing.prepare();
  CRESSET_CHECK(preprocessing.settle_shape());
  return preprocessing;
}

}  // namespace cresset::model
