// How steps of a spec are bound to the columns of a data set.
#include <numeric>
#include <type_traits>

#include "worker/data/core/columns.h"
#include "worker/model/preprocess.h"

namespace cresset::model {

using base::Result;
namespace contract = worker_contract;

namespace {

// What a step of the spec is before it has learnt anything.
struct Fresh {
  Step operator()(const contract::ImputeStep& step) const {
    return Impute{.columns = {}, .strategy = step.strategy, .constant = step.value};
  }
  Step operator()(const contract::StandardizeStep&) const { return Standardize{}; }
  Step operator()(const contract::MinMaxStep& step) const {
    return MinMax{.columns = {}, .min = step.min, .max = step.max};
  }
  Step operator()(const contract::ClipStep& step) const {
    return Clip{.columns = {}, .spec = step};
  }
  Step operator()(const contract::LogStep& step) const {
    return Log{.columns = {}, .offset = step.offset};
  }
  Step operator()(const contract::QuantileStep& step) const {
    return Quantile{
        .columns = {}, .quantiles = step.quantiles, .normal = step.distribution == "Normal"};
  }
  Step operator()(const contract::NormalizeStep& step) const {
    return Normalize{
        .columns = {}, .divisor = step.divisor, .channels = step.channels, .kernel = {}};
  }
  TextStep operator()(const contract::OneHotStep& step) const {
    return OneHot{.columns = {}, .max_categories = step.max_categories, .categories = {}};
  }
  TextStep operator()(const contract::HashStep& step) const {
    return Hash{.columns = {}, .buckets = step.buckets};
  }
  TextStep operator()(const contract::VocabularyStep& step) const {
    return Vocabulary{.columns = {},
                      .max_size = step.max_size,
                      .min_count = step.min_count,
                      .texts = {},
                      .codes = {}};
  }
  TextStep operator()(const contract::TokenizeStep& step) const {
    return Tokenize{.columns = {},
                    .vocabulary_uri = step.vocabulary_uri,
                    .merges_uri = step.merges_uri,
                    .max_length = step.max_length,
                    .byte_level = step.is_byte_level(),
                    .lowercase = step.lowercase,
                    .packed = step.packed,
                    .pieces = nullptr};
  }
};

// Whether what a step of the spec becomes is a `Kind`: Step or TextStep.
template <typename SpecStep, typename Kind>
constexpr bool becomes() {
  if constexpr (std::is_invocable_v<Fresh, const SpecStep&>)
    return std::is_same_v<std::invoke_result_t<Fresh, const SpecStep&>, Kind>;
  else
    return false;
}

// What quantile steps keep is written into every model.json.
Result<void> check_quantiles(const Step& step, int64_t& kept) {
  const auto* quantile = std::get_if<Quantile>(&step);
  if (quantile == nullptr) return {};
  const auto columns = static_cast<int64_t>(quantile->columns.names.size());
  kept += columns * quantile->quantiles;
  if (kept <= kMostReferences) return {};
  return base::fail(base::invalid(
      quantile->columns.path + ".quantiles: " + std::to_string(columns) + " columns × " +
      std::to_string(quantile->quantiles) + " are too many numbers to keep; allowed are " +
      std::to_string(kMostReferences) + " in all quantile steps"));
}

// `offered` are the indices of the columns that globs choose from.
template <typename SpecStep>
auto bind_step(const SpecStep& spec, const std::vector<std::string>& columns,
               const std::vector<size_t>& offered, const std::string& at)
    -> Result<std::invoke_result_t<Fresh, const SpecStep&>> {
  auto step = Fresh{}(spec);
  auto& bound = columns_of(step);
  bound.path = at + "." + std::string(SpecStep::kName);
  std::vector<std::string> names;
  for (const size_t index : offered) names.push_back(columns[index]);
  auto chosen = data::expand_globs(spec.columns, names, bound.path + ".columns");
  if (!chosen && data::expand_globs(spec.columns, columns, ""))
    return base::fail(base::Error(
        chosen.error().kind(), chosen.error().message() + "; others are taken as texts by a step"));
  CRESSET_CHECK(chosen);
  for (const size_t index : *chosen) {
    bound.names.push_back(names[index]);
    bound.indices.push_back(offered[index]);
  }
  return step;
}

std::string at_step(const std::string& path, size_t i) {
  return path + "[" + std::to_string(i) + "]";
}

}  // namespace

Preprocessing::Preprocessing(std::vector<std::string> columns, std::string path)
    : path_(std::move(path)), columns_(std::move(columns)), taken_(columns_.size()) {}

Result<void> Preprocessing::take_as_texts(TextStep step) {
  const auto& bound = columns_of(step);
  for (size_t i = 0; i < bound.indices.size(); ++i) {
    auto& taken = taken_[bound.indices[i]];
    if (taken) {
      const bool earlier = taken->step < text_steps_.size();
      return base::fail(
          base::invalid(bound.path + ": column \"" + bound.names[i] + "\" is taken already, by " +
                        (earlier ? columns_of(text_steps_[taken->step]).path : bound.path)));
    }
    taken = Taken{text_steps_.size(), i};
  }
  text_steps_.push_back(std::move(step));
  return {};
}

Result<void> Preprocessing::bind_texts(const std::vector<contract::PreprocessStep>& steps) {
  std::vector<size_t> all(columns_.size());
  std::iota(all.begin(), all.end(), size_t{0});
  for (size_t i = 0; i < steps.size(); ++i) {
    const auto bind_one = [&](const auto& spec) -> Result<void> {
      if constexpr (becomes<std::decay_t<decltype(spec)>, TextStep>()) {
        CRESSET_TRY(step, bind_step(spec, columns_, all, at_step(path_, i)));
        return take_as_texts(std::move(step));
      }
      return {};
    };
    CRESSET_CHECK(std::visit(bind_one, steps[i]));
  }
  return {};
}

Result<void> Preprocessing::bind_numbers(const std::vector<contract::PreprocessStep>& steps) {
  std::vector<size_t> numbers;
  for (size_t c = 0; c < columns_.size(); ++c)
    if (!holds_texts(c)) numbers.push_back(c);
  int64_t kept = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    const auto bind_one = [&](const auto& spec) -> Result<void> {
      using Spec = std::decay_t<decltype(spec)>;
      if constexpr (std::is_same_v<Spec, contract::ReshapeStep>) {
        reshape_ = spec.shape;
        reshape_path_ = at_step(path_, i);
      } else if constexpr (becomes<Spec, Step>()) {
        CRESSET_TRY(step, bind_step(spec, columns_, numbers, at_step(path_, i)));
        CRESSET_CHECK(check_quantiles(step, kept));
        if (const auto* normalize = std::get_if<Normalize>(&step))
          CRESSET_CHECK(normalize->check());
        steps_.push_back(std::move(step));
      }
      return {};
    };
    CRESSET_CHECK(std::visit(bind_one, steps[i]));
  }
  return {};
}

Result<Preprocessing> Preprocessing::bind(const std::vector<contract::PreprocessStep>& steps,
                                          std::vector<std::string> columns,
                                          const std::string& path) {
  Preprocessing bound(std::move(columns), path);
  CRESSET_CHECK(bound.bind_texts(steps));
  CRESSET_CHECK(bound.bind_numbers(steps));
  CRESSET_CHECK(bound.settle_shape());
  return bound;
}

}  // namespace cresset::model
