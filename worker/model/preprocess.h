#pragma once
// Preprocessing: the spec's steps bound to columns, fitted on the training rows, and applied to raw
// rows — the one implementation that training and serving use. Rows are floats, row-major, NaN =
// missing; the number of columns stays the same. Fitting takes one pass: each rank collects Moments
// of its rows, they are merged, and fit() carries them through the steps. A value; apply() is const
// and any thread may call it.
//
//   CRESSET_TRY(steps, Preprocessing::bind(spec.preprocess, columns, "spec.training.preprocess"));
//   Moments moments(columns.size());  moments.add(rows, n);  …merge…
//   CRESSET_CHECK(steps.fit(moments));
//   CRESSET_CHECK(steps.apply(rows, n));   // in place
//   Json stored = steps.encode();

#include <cstdint>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/json.h"
#include "operator/base/result.h"
#include "worker/model/moments.h"

namespace cresset::model {

inline constexpr size_t kMaxColumns = 1 << 20;  // more than any model.json that is read may have

// One fitted step over all columns: NaN becomes fill[c] (NaN = stays), then (x - mean[c]) *
// inverse[c].
struct FittedStep {
  std::string kind;  // impute | standardize
  std::string path;  // where it was read from, as errors name it; not stored
  std::vector<std::string> columns;
  std::vector<size_t> indices;    // of `columns`
  std::vector<double> values;     // impute: what each column's missing values become
  std::vector<double> mean;       // standardize
  std::vector<double> deviation;  // standardize; 1 where a column never changes
  std::string strategy;           // impute: Mean | Constant
  double constant = 0;            // impute: Constant
};

class Preprocessing {
 public:
  // Resolves the globs. Errors name the step's path and list the columns that exist.
  static base::Result<Preprocessing> bind(const std::vector<worker_contract::PreprocessStep>& steps,
                                          std::vector<std::string> columns,
                                          const std::string& path);
  static base::Result<Preprocessing> decode(const base::Json& json,
                                            std::vector<std::string> columns);

  // `moments` are those of all training rows. An error when a column has no value to learn from
  // (it names the step's path), or has missing values that no step fills.
  base::Result<void> fit(Moments moments);
  // In place. An error names the row and the column of a value that is missing and stays so.
  base::Result<void> apply(float* rows, int64_t count) const;

  const std::vector<std::string>& columns() const { return columns_; }
  // Of one sample, as the network takes it: {columns} or what reshape says.
  const std::vector<int64_t>& sample_shape() const { return sample_shape_; }
  // {"steps": [{"standardize": {"columns": […], "mean": […], "deviation": […]}}, …]}
  base::Json encode() const;

 private:
  struct Kernel {  // what apply() runs, full width
    std::vector<float> fill;
    std::vector<float> mean;
    std::vector<float> inverse;
  };
  void compile();

  std::string path_;  // of all steps
  std::vector<std::string> columns_;
  std::vector<FittedStep> steps_;
  std::vector<int64_t> sample_shape_;
  std::vector<Kernel> kernels_;
};

}  // namespace cresset::model
