#include "worker/model/preprocess.h"

#include <cmath>

#include "worker/data/core/columns.h"

namespace cresset::model {

using base::Result;
namespace contract = worker_contract;

namespace {

int64_t product(const std::vector<int64_t>& shape) {
  int64_t product = 1;
  for (int64_t size : shape) product *= size;
  return product;
}

Result<void> check_shape(const std::vector<int64_t>& shape, size_t columns,
                         const std::string& path) {
  if (product(shape) == static_cast<int64_t>(columns)) return {};
  std::string text;
  for (int64_t size : shape) text += (text.empty() ? "" : " × ") + std::to_string(size);
  return base::fail(base::invalid(path + ".reshape.shape: " + text + " = " +
                                  std::to_string(product(shape)) + " values, but there are " +
                                  std::to_string(columns) + " feature columns"));
}

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
};

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

template <typename SpecStep>
Result<Step> bind_step(const SpecStep& spec, const std::vector<std::string>& columns,
                       const std::string& at) {
  Step step = Fresh{}(spec);
  const std::string path = at + "." + std::string(SpecStep::kName);
  CRESSET_TRY(indices, data::expand_globs(spec.columns, columns, path + ".columns"));
  auto& bound = std::visit([](auto& one) -> StepColumns& { return one.columns; }, step);
  bound.path = path;
  for (size_t index : indices) bound.names.push_back(columns[index]);
  bound.indices = std::move(indices);
  return step;
}

}  // namespace

Result<Preprocessing> Preprocessing::bind(const std::vector<contract::PreprocessStep>& steps,
                                          std::vector<std::string> columns,
                                          const std::string& path) {
  Preprocessing bound;
  bound.path_ = path;
  bound.sample_shape_ = {static_cast<int64_t>(columns.size())};
  int64_t kept = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    const auto bind_one = [&](const auto& spec) -> Result<void> {
      if constexpr (std::is_same_v<decltype(spec), const contract::ReshapeStep&>) {
        bound.sample_shape_ = spec.shape;
        return check_shape(spec.shape, columns.size(), at);
      } else {
        CRESSET_TRY(step, bind_step(spec, columns, at));
        CRESSET_CHECK(check_quantiles(step, kept));
        bound.steps_.push_back(std::move(step));
        return {};
      }
    };
    CRESSET_CHECK(std::visit(bind_one, steps[i]));
  }
  bound.columns_ = std::move(columns);
  return bound;
}

std::vector<bool> Preprocessing::counted() const {
  std::vector<bool> counted(columns_.size()), bent(columns_.size());
  const auto look = [&](const auto& step) {
    for (const size_t c : step.columns.indices) {
      if (step.counts() || (step.averages() && bent[c])) counted[c] = true;
      if (step.kBends) bent[c] = true;
    }
  };
  for (const auto& step : steps_) std::visit(look, step);
  return counted;
}

Result<void> Preprocessing::fit(const Summaries& summaries) {
  std::vector<ColumnSummary> columns;
  for (size_t c = 0; c < columns_.size(); ++c) columns.push_back(summaries.column(c));
  const auto learn = [&](auto& step) -> Result<void> {
    for (size_t i = 0; i < step.columns.indices.size(); ++i)
      CRESSET_CHECK(step.learn(i, columns[step.columns.indices[i]]));
    return {};
  };
  for (auto& step : steps_) CRESSET_CHECK(std::visit(learn, step));
  for (size_t c = 0; c < columns_.size(); ++c) {
    const double missing = columns[c].moments.missing;
    if (missing > 0)
      return base::fail(base::invalid(path_ + ": column \"" + columns_[c] + "\" misses " +
                                      std::to_string(static_cast<int64_t>(missing)) +
                                      " values in the training rows; add an impute step for it"));
  }
  prepare();
  return {};
}

void Preprocessing::prepare() {
  for (auto& step : steps_) std::visit([&](auto& one) { one.prepare(columns_.size()); }, step);
}

Result<void> Preprocessing::apply(float* rows, int64_t count) const {
  const size_t width = columns_.size();
  const auto apply_one = [&](const auto& step) { return step.apply({rows, count, width}); };
  for (const auto& step : steps_) CRESSET_CHECK(std::visit(apply_one, step));
  for (int64_t i = 0; i < count * static_cast<int64_t>(width); ++i) {
    if (std::isfinite(rows[i])) continue;
    return base::fail(
        base::invalid("row " + std::to_string(i / static_cast<int64_t>(width)) + ", column \"" +
                      columns_[static_cast<size_t>(i) % width] +
                      "\" is missing or not finite, and the model has no impute step for it"));
  }
  return {};
}

}  // namespace cresset::model
