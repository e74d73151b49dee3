#include "worker/model/preprocess.h"

#include <cmath>
#include <limits>

#include "worker/cpu/rows.h"
#include "worker/data/core/columns.h"

namespace cresset::model {

using base::Result;
namespace contract = worker_contract;

namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

int64_t product(const std::vector<int64_t>& shape) {
  int64_t product = 1;
  for (int64_t size : shape) product *= size;
  return product;
}

Result<FittedStep> bind_columns(FittedStep step, const std::vector<std::string>& globs,
                                const std::vector<std::string>& columns) {
  CRESSET_TRY(indices, data::expand_globs(globs, columns, step.path + ".columns"));
  for (size_t index : indices) step.columns.push_back(columns[index]);
  step.indices = std::move(indices);
  return step;
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

}  // namespace

Result<Preprocessing> Preprocessing::bind(const std::vector<contract::PreprocessStep>& steps,
                                          std::vector<std::string> columns,
                                          const std::string& path) {
  Preprocessing bound;
  bound.path_ = path;
  bound.sample_shape_ = {static_cast<int64_t>(columns.size())};
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    if (const auto* reshape = std::get_if<contract::ReshapeStep>(&steps[i])) {
      CRESSET_CHECK(check_shape(reshape->shape, columns.size(), at));
      bound.sample_shape_ = reshape->shape;
      continue;
    }
    FittedStep step{.kind = "standardize"};
    const std::vector<std::string>* globs = nullptr;
    if (const auto* impute = std::get_if<contract::ImputeStep>(&steps[i])) {
      step = {.kind = "impute", .strategy = impute->strategy, .constant = impute->value};
      globs = &impute->columns;
    } else {
      globs = &std::get<contract::StandardizeStep>(steps[i]).columns;
    }
    step.path = at + "." + step.kind;
    CRESSET_TRY(ready, bind_columns(std::move(step), *globs, columns));
    bound.steps_.push_back(std::move(ready));
  }
  bound.columns_ = std::move(columns);
  return bound;
}

namespace {

// What one step learns from the moments of its columns, and what it makes of them.
Result<void> fit_step(FittedStep& step, std::vector<ColumnMoments>& moments) {
  for (size_t i = 0; i < step.indices.size(); ++i) {
    ColumnMoments& column = moments[step.indices[i]];
    if (column.count == 0 && step.strategy != "Constant")
      return base::fail(base::invalid(step.path + ": column \"" + step.columns[i] +
                                      "\" has no value in the training rows to learn from"));
    if (step.kind == "impute") {
      step.values.push_back(step.strategy == "Constant" ? step.constant : column.mean);
      column.fill(step.values.back());
      continue;
    }
    const double deviation = column.deviation();
    step.mean.push_back(column.mean);
    step.deviation.push_back(deviation > 0 ? deviation : 1);
    column.mean = 0;
    column.squares = deviation > 0 ? column.count : 0;
  }
  return {};
}

}  // namespace

Result<void> Preprocessing::fit(Moments moments) {
  for (auto& step : steps_) CRESSET_CHECK(fit_step(step, moments.columns()));
  for (size_t c = 0; c < columns_.size(); ++c) {
    const double missing = moments.columns()[c].missing;
    if (missing > 0)
      return base::fail(base::invalid(path_ + ": column \"" + columns_[c] + "\" misses " +
                                      std::to_string(static_cast<int64_t>(missing)) +
                                      " values in the training rows; add an impute step for it"));
  }
  compile();
  return {};
}

void Preprocessing::compile() {
  kernels_.clear();
  for (const auto& step : steps_) {
    const size_t width = columns_.size();
    Kernel kernel{std::vector<float>(width, kMissing), std::vector<float>(width, 0),
                  std::vector<float>(width, 1)};
    for (size_t i = 0; i < step.indices.size(); ++i) {
      const size_t c = step.indices[i];
      if (step.kind == "impute") kernel.fill[c] = static_cast<float>(step.values[i]);
      if (step.kind != "standardize") continue;
      kernel.mean[c] = static_cast<float>(step.mean[i]);
      kernel.inverse[c] = static_cast<float>(1 / step.deviation[i]);
    }
    kernels_.push_back(std::move(kernel));
  }
}

Result<void> Preprocessing::apply(float* rows, int64_t count) const {
  const size_t width = columns_.size();
  for (const auto& kernel : kernels_)
    cpu::fill_and_scale(rows, count, width, kernel.fill.data(), kernel.mean.data(),
                        kernel.inverse.data());
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
