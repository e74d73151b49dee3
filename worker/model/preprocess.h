#pragma once
// Preprocessing: the spec's steps bound to columns, fitted on the training rows, and applied to raw
// rows — the one implementation that training and serving use. Rows are floats, row-major, NaN =
// missing; the number of columns stays the same. Fitting takes one pass over raw rows: each rank
// collects Summaries of its own, they are merged, and fit() carries them through the steps, so that
// a step learns from what those before it leave. What it learns is that of one process that runs
// the steps one after another: exactly, but for rounding, and but for columns with more than
// ValueCounts::kMostValues different values whose quantiles are asked for, or whose mean after a
// clip, log or quantile is (value_counts.h has the bound). A value; apply() is const and any thread
// may call it.
//
//   CRESSET_TRY(steps, Preprocessing::bind(spec.preprocess, columns, "spec.training.preprocess"));
//   Summaries summaries(steps.counted());  summaries.add(rows, n);  …merge…
//   CRESSET_CHECK(steps.fit(summaries));
//   CRESSET_CHECK(steps.apply(rows, n));   // in place
//   Json stored = steps.encode();

#include <cstdint>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/json.h"
#include "operator/base/result.h"
#include "worker/model/column_summary.h"
#include "worker/model/steps.h"

namespace cresset::model {

inline constexpr size_t kMaxColumns = 1 << 20;  // more than any model.json that is read may have
// Quantiles of all columns and steps: some 30 MB of a model.json.
inline constexpr int64_t kMostReferences = 1 << 20;

class Preprocessing {
 public:
  // Resolves the globs. Errors name the step's path and list the columns that exist.
  static base::Result<Preprocessing> bind(const std::vector<worker_contract::PreprocessStep>& steps,
                                          std::vector<std::string> columns,
                                          const std::string& path);
  static base::Result<Preprocessing> decode(const base::Json& json,
                                            std::vector<std::string> columns);

  // Which columns' values are to be counted for fit(), one flag a column.
  std::vector<bool> counted() const;
  // `summaries` are of all training rows. An error when a column has no value to learn from or some
  // that a step does not take (it names the step's path), or has missing values that no step fills.
  base::Result<void> fit(const Summaries& summaries);
  // In place. An error names the row and the column of a value that is missing and stays so, or
  // that a step does not take.
  base::Result<void> apply(float* rows, int64_t count) const;

  const std::vector<std::string>& columns() const { return columns_; }
  // Of one sample, as the network takes it: {columns} or what reshape says.
  const std::vector<int64_t>& sample_shape() const { return sample_shape_; }
  // {"steps": [{"standardize": {"columns": […], "mean": […], "deviation": […]}}, …]}
  base::Json encode() const;

 private:
  void prepare();

  std::string path_;  // of all steps
  std::vector<std::string> columns_;
  std::vector<Step> steps_;
  std::vector<int64_t> sample_shape_;
};

}  // namespace cresset::model
