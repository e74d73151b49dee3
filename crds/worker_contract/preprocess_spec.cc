#include "crds/worker_contract/preprocess_spec.h"

#include <array>

#include "crds/worker_contract/names.h"
#include "crds/worker_contract/training_spec.h"

namespace cresset::worker_contract {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr std::array<std::string_view, 4> kStrategies{"Mean", "Median", "MostFrequent", "Constant"};
constexpr std::array<std::string_view, 2> kDistributions{"Uniform", "Normal"};
constexpr std::array<std::string_view, 2> kSamples{"Padded", kPacked};
constexpr size_t kMaxColumns = 256;
constexpr size_t kMaxColumn = 1024;
constexpr size_t kMaxChannels = 16;

void require_columns(Reader& reader, std::vector<std::string>& into) {
  if (auto columns = read_columns(reader.require("columns"), "columns")) into = *columns;
}

void read(Reader& reader, ImputeStep& step) {
  require_columns(reader, step.columns);
  if (auto strategy = reader.one_of("strategy", kStrategies)) step.strategy = *strategy;
  const auto value = reader.number("value");
  if (value && step.strategy == "Constant") step.value = *value;
  if (step.strategy == "Constant" && !reader.has("value"))
    reader.add_error(
        base::invalid(reader.path_of("value") + " is required with strategy Constant"));
}

void read(Reader& reader, StandardizeStep& step) { require_columns(reader, step.columns); }

void read(Reader& reader, MinMaxStep& step) {
  require_columns(reader, step.columns);
  if (auto min = reader.number("min")) step.min = *min;
  if (auto max = reader.number("max")) step.max = *max;
  if (step.min >= step.max)
    reader.add_error(base::invalid(reader.path() + ": min must be below max, found min " +
                                   base::dump(step.min) + " and max " + base::dump(step.max)));
}

// One side of a clip: a number, a quantile or nothing.
void check_side(Reader& reader, const char* number, const char* quantile) {
  if (reader.has(number) && reader.has(quantile))
    reader.add_error(base::invalid(reader.path() + " may have one of " + number + " and " +
                                   quantile + ", found both"));
}

void check_order(Reader& reader, const std::optional<double>& low,
                 const std::optional<double>& high, const std::string& names) {
  if (low && high && *low > *high)
    reader.add_error(base::invalid(reader.path() + ": " + names + ", found " + base::dump(*low) +
                                   " and " + base::dump(*high)));
}

void read(Reader& reader, ClipStep& step) {
  require_columns(reader, step.columns);
  step.min = reader.number("min");
  step.max = reader.number("max");
  step.min_quantile = reader.number("minQuantile", {0, 1});
  step.max_quantile = reader.number("maxQuantile", {0, 1});
  check_side(reader, "min", "minQuantile");
  check_side(reader, "max", "maxQuantile");
  check_order(reader, step.min, step.max, "min may not be above max");
  check_order(reader, step.min_quantile, step.max_quantile,
              "minQuantile may not be above maxQuantile");
  if (!reader.has("min") && !reader.has("max") && !reader.has("minQuantile") &&
      !reader.has("maxQuantile"))
    reader.add_error(base::invalid(
        reader.path() + " needs one of min, max, minQuantile and maxQuantile, found none"));
}

void read(Reader& reader, LogStep& step) {
  require_columns(reader, step.columns);
  if (auto offset = reader.number("offset")) step.offset = *offset;
}

void read(Reader& reader, QuantileStep& step) {
  require_columns(reader, step.columns);
  if (auto quantiles = reader.integer("quantiles", {2, 10000})) step.quantiles = *quantiles;
  if (auto name = reader.one_of("distribution", kDistributions)) step.distribution = *name;
}

constexpr base::NumberRange kDivisors{NormalizeStep::kLeastDivisor, 1e9};

NormalizeStep::Channel channel_of(Reader& reader, const Json& json, const std::string& path) {
  NormalizeStep::Channel channel;
  Reader inner(json, path);
  if (auto mean = inner.require("mean").number("mean")) channel.mean = *mean;
  if (auto deviation = inner.require("deviation").number("deviation", kDivisors))
    channel.deviation = *deviation;
  reader.check(inner.finish());
  return channel;
}

void read(Reader& reader, NormalizeStep& step) {
  require_columns(reader, step.columns);
  if (auto divisor = reader.number("divisor", kDivisors)) step.divisor = *divisor;
  const Json* list = reader.require("channels").array("channels", kMaxChannels);
  if (list == nullptr) return;
  for (size_t i = 0; i < list->size(); ++i)
    step.channels.push_back(
        channel_of(reader, (*list)[i], reader.path_of("channels") + "[" + std::to_string(i) + "]"));
  if (list->empty())
    reader.add_error(
        base::invalid(reader.path_of("channels") + " must have at least 1 item, found none"));
}

void read(Reader& reader, OneHotStep& step) {
  require_columns(reader, step.columns);
  step.max_categories = reader.integer("maxCategories", {1, kMostCategories});
}

void read(Reader& reader, HashStep& step) {
  require_columns(reader, step.columns);
  if (auto buckets = reader.require("buckets").integer("buckets", {1, kMostBuckets}))
    step.buckets = *buckets;
}

void read(Reader& reader, VocabularyStep& step) {
  require_columns(reader, step.columns);
  if (auto most = reader.integer("maxSize", {1, 1000000})) step.max_size = *most;
  if (auto least = reader.integer("minCount", {1, 1000000000})) step.min_count = *least;
}

// {uri: …}
void read_file(Reader& reader, std::string_view key, std::string& into) {
  const Json* file = reader.object(key);
  if (file == nullptr) return;
  Reader inner(*file, reader.path_of(key));
  if (auto uri = inner.require("uri").text("uri", kMaxUriBytes)) {
    inner.check(check_uri(*uri, inner.path_of("uri")));
    into = *uri;
  }
  reader.check(inner.finish());
}

// What goes with a byte-level vocabulary only, and what with another.
void check_vocabulary(Reader& reader, const TokenizeStep& step) {
  const auto goes_with = [&](const std::string& what, const std::string& vocabulary) {
    reader.add_error(base::invalid(reader.path() + "." + what + " goes with " + vocabulary +
                                   " only, found " + step.vocabulary_uri));
  };
  const std::string byte_level = "a byte-level vocabulary (.json)";
  if (step.is_byte_level()) {
    if (reader.has("lowercase")) goes_with("lowercase", "the vocabulary of WordPiece (no .json)");
    return;
  }
  if (!step.merges_uri.empty()) goes_with("merges", byte_level);
  if (step.packed) goes_with("samples: Packed", byte_level);
}

void read(Reader& reader, TokenizeStep& step) {
  require_columns(reader, step.columns);
  read_file(reader.require("vocabulary"), "vocabulary", step.vocabulary_uri);
  read_file(reader, "merges", step.merges_uri);
  if (auto length = reader.require("maxLength").integer("maxLength", {3, kMostTokensOfText}))
    step.max_length = *length;
  if (auto lowercase = reader.flag("lowercase")) step.lowercase = *lowercase;
  if (auto samples = reader.one_of("samples", kSamples)) step.packed = *samples == kPacked;
  check_vocabulary(reader, step);
}

void read(Reader& reader, ReshapeStep& step) {
  if (auto shape = reader.require("shape").integers("shape", 8, {1, 1 << 20})) step.shape = *shape;
}

// Calls visit(default step) with each kind of step.
template <typename Visit, size_t... I>
void each_kind(const Visit& visit, std::index_sequence<I...>) {
  (visit(std::variant_alternative_t<I, PreprocessStep>{}), ...);
}
template <typename Visit>
void each_kind(const Visit& visit) {
  each_kind(visit, std::make_index_sequence<std::variant_size_v<PreprocessStep>>{});
}

Result<PreprocessStep> decode_step(const Json& json, const std::string& path) {
  Reader reader(json, path);
  std::optional<PreprocessStep> chosen;
  const Json* inner = nullptr;
  std::string kinds;
  int found = 0;
  each_kind([&](auto step) {
    kinds += (kinds.empty() ? "" : ", ") + std::string(step.kName);
    const Json* here = reader.object(step.kName);
    if (here == nullptr) return;
    ++found;
    inner = here;
    chosen = std::move(step);
  });
  CRESSET_CHECK(reader.finish());
  if (found != 1)
    return base::fail(base::invalid(path + " must have exactly one of " + kinds + ", found " +
                                    std::to_string(found) + " of them"));
  const auto decode = [&](auto& step) -> Result<void> {
    Reader fields(*inner, path + "." + std::string(step.kName));
    read(fields, step);
    return fields.finish();
  };
  CRESSET_CHECK(std::visit(decode, *chosen));
  return std::move(*chosen);
}

Json written(const ImputeStep& step) {
  Json json{{"columns", step.columns}, {"strategy", step.strategy}};
  if (step.strategy == "Constant") json["value"] = step.value;
  return json;
}
Json written(const StandardizeStep& step) { return {{"columns", step.columns}}; }
Json written(const MinMaxStep& step) {
  return {{"columns", step.columns}, {"min", step.min}, {"max", step.max}};
}
Json written(const ClipStep& step) {
  Json json{{"columns", step.columns}};
  if (step.min) json["min"] = *step.min;
  if (step.max) json["max"] = *step.max;
  if (step.min_quantile) json["minQuantile"] = *step.min_quantile;
  if (step.max_quantile) json["maxQuantile"] = *step.max_quantile;
  return json;
}
Json written(const LogStep& step) { return {{"columns", step.columns}, {"offset", step.offset}}; }
Json written(const QuantileStep& step) {
  return {{"columns", step.columns},
          {"quantiles", step.quantiles},
          {"distribution", step.distribution}};
}
Json written(const NormalizeStep& step) {
  Json channels = Json::array();
  for (const auto& [mean, deviation] : step.channels)
    channels.push_back({{"mean", mean}, {"deviation", deviation}});
  return {{"columns", step.columns}, {"divisor", step.divisor}, {"channels", std::move(channels)}};
}
Json written(const OneHotStep& step) {
  Json json{{"columns", step.columns}};
  if (step.max_categories) json["maxCategories"] = *step.max_categories;
  return json;
}
Json written(const HashStep& step) {
  return {{"columns", step.columns}, {"buckets", step.buckets}};
}
Json written(const VocabularyStep& step) {
  return {{"columns", step.columns}, {"maxSize", step.max_size}, {"minCount", step.min_count}};
}
Json written(const TokenizeStep& step) {
  Json json{{"columns", step.columns},
            {"vocabulary", {{"uri", step.vocabulary_uri}}},
            {"maxLength", step.max_length}};
  if (!step.is_byte_level()) json["lowercase"] = step.lowercase;
  if (!step.merges_uri.empty()) json["merges"] = {{"uri", step.merges_uri}};
  if (step.packed) json["samples"] = kPacked;
  return json;
}
Json written(const ReshapeStep& step) { return {{"shape", step.shape}}; }

}  // namespace

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

Result<std::vector<PreprocessStep>> decode_preprocess(const Json& list, const std::string& path) {
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

std::vector<std::string> text_columns(const std::vector<PreprocessStep>& steps) {
  std::vector<std::string> globs;
  const auto add = [&](const auto& step) {
    using Kind = std::decay_t<decltype(step)>;
    if constexpr (std::is_same_v<Kind, OneHotStep> || std::is_same_v<Kind, HashStep> ||
                  std::is_same_v<Kind, VocabularyStep> || std::is_same_v<Kind, TokenizeStep>)
      globs.insert(globs.end(), step.columns.begin(), step.columns.end());
  };
  for (const auto& step : steps) std::visit(add, step);
  return globs;
}

Json encode(const std::vector<PreprocessStep>& steps) {
  Json list = Json::array();
  for (const auto& step : steps)
    std::visit(
        [&](const auto& one) {
          list.push_back({{std::string(one.kName), written(one)}});
        },
        step);
  return list;
}

}  // namespace cresset::worker_contract
