#pragma once
// The steps of preprocessing that leave the columns as they are, each bound to its columns: what it
// learns of their summaries, what it makes of values, and how it lies in model.json. Members of
// Preprocessing (preprocess.h), which calls them in this order: learn() for each column of a fresh
// step, or decode(); prepare(); apply(), which is const and may be called by any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crds/worker_contract/preprocess_spec.h"
#include "operator/base/json.h"
#include "operator/base/result.h"
#include "worker/model/column_summary.h"

namespace cresset::model {

// Row-major; NaN = missing.
struct Rows {
  float* values = nullptr;
  int64_t count = 0;
  size_t width = 0;
};

struct StepColumns {
  std::string path;  // where the step was read from, as errors name it; not stored
  std::vector<std::string> names;
  std::vector<size_t> indices;  // of `names`
};

// NaN becomes fill[c] (NaN = stays), then (x - mean[c]) * inverse[c], over all columns.
struct FillAndScale {
  std::vector<float> fill;
  std::vector<float> mean;
  std::vector<float> inverse;
  FillAndScale() = default;
  explicit FillAndScale(size_t width);
  void apply(Rows rows) const;
};

struct Impute {
  static constexpr std::string_view kName = "impute";
  StepColumns columns;
  std::string strategy;        // as in worker_contract::ImputeStep
  double constant = 0;         // for Constant
  std::vector<double> values;  // what missing values become, one a column
  FillAndScale kernel;

  bool counts() const { return strategy == "Median" || strategy == "MostFrequent"; }
  bool averages() const { return strategy == "Mean"; }
  static constexpr bool kBends = false;
  base::Result<void> learn(size_t i, ColumnSummary& column);
  base::Json encode() const;
  base::Result<void> decode(const base::Json& json);
  void prepare(size_t width);
  base::Result<void> apply(Rows rows) const;
};

struct Standardize {
  static constexpr std::string_view kName = "standardize";
  StepColumns columns;
  std::vector<double> mean;
  std::vector<double> deviation;  // of the population; 1 where a column never changes
  FillAndScale kernel;

  static constexpr bool kBends = false;
  bool counts() const { return false; }
  bool averages() const { return true; }
  base::Result<void> learn(size_t i, ColumnSummary& column);
  base::Json encode() const;
  base::Result<void> decode(const base::Json& json);
  void prepare(size_t width);
  base::Result<void> apply(Rows rows) const;
};

struct MinMax {
  static constexpr std::string_view kName = "minMax";
  StepColumns columns;
  double min = 0;  // what `least` and `greatest` become
  double max = 1;
  std::vector<double> least;
  std::vector<double> greatest;
  FillAndScale kernel;

  static constexpr bool kBends = false;
  bool counts() const { return false; }
  bool averages() const { return false; }
  base::Result<void> learn(size_t i, ColumnSummary& column);
  base::Json encode() const;
  base::Result<void> decode(const base::Json& json);
  void prepare(size_t width);
  base::Result<void> apply(Rows rows) const;

 private:
  double shift(size_t i) const;
  double scale(size_t i) const;
};

struct Clip {
  static constexpr std::string_view kName = "clip";
  StepColumns columns;
  worker_contract::ClipStep spec;
  std::vector<double> low, high;   // one a column; infinite: open
  std::vector<float> lows, highs;  // of all columns

  static constexpr bool kBends = true;
  bool counts() const { return spec.min_quantile || spec.max_quantile; }
  bool averages() const { return false; }
  base::Result<void> learn(size_t i, ColumnSummary& column);
  base::Json encode() const;
  base::Result<void> decode(const base::Json& json);
  void prepare(size_t width);
  base::Result<void> apply(Rows rows) const;
};

struct Log {
  static constexpr std::string_view kName = "log";
  StepColumns columns;
  double offset = 0;  // log(1 + value + offset); value + offset below 0 is an error

  static constexpr bool kBends = true;
  bool counts() const { return false; }
  bool averages() const { return false; }
  base::Result<void> learn(size_t i, ColumnSummary& column);
  base::Json encode() const;
  base::Result<void> decode(const base::Json& json);
  void prepare(size_t) {}
  base::Result<void> apply(Rows rows) const;

 private:
  double shifted(double value) const;
  std::string allowed() const;
};

// To the share of training values that are below, as scikit-learn's QuantileTransformer, or to the
// normal distribution's value of that share.
struct Quantile {
  static constexpr std::string_view kName = "quantile";
  StepColumns columns;
  int64_t quantiles = 1000;  // at most; no more than there are rows
  bool normal = false;
  std::vector<std::vector<double>> references;  // ascending, of each column

  static constexpr bool kBends = true;
  bool counts() const { return true; }
  bool averages() const { return false; }
  base::Result<void> learn(size_t i, ColumnSummary& column);
  base::Json encode() const;
  base::Result<void> decode(const base::Json& json);
  void prepare(size_t) {}
  base::Result<void> apply(Rows rows) const;
};

// What the channels of images become: (pixel - mean) * inverse.
struct Channels {
  std::vector<float> mean;
  std::vector<float> inverse;
};

// Nothing is learnt: the numbers are the spec's, as those of torchvision's Normalize are.
struct Normalize {
  static constexpr std::string_view kName = "normalize";
  StepColumns columns;
  double divisor = 255;
  std::vector<worker_contract::NormalizeStep::Channel> channels;  // as many columns each
  FillAndScale kernel;

  static constexpr bool kBends = false;
  bool counts() const { return false; }
  bool averages() const { return false; }
  base::Result<void> learn(size_t i, ColumnSummary& column);
  base::Json encode() const;
  base::Result<void> decode(const base::Json& json);
  void prepare(size_t width);
  base::Result<void> apply(Rows rows) const;
  // An error when the columns are not so many channels of one size.
  base::Result<void> check() const;
  // What is done to each of `count` channels, when its columns lie side by side and there are no
  // others.
  std::optional<Channels> whole_channels(size_t count) const;

 private:
  double shift(size_t i) const;
  double scale(size_t i) const;
  const worker_contract::NormalizeStep::Channel& channel(size_t i) const;
};

using Step = std::variant<Impute, Standardize, MinMax, Clip, Log, Quantile, Normalize>;

// An error that names the step and the column.
base::Error no_value_to_learn_from(const StepColumns& columns, size_t i);
// `wanted` finite numbers below `key`, one an `each`.
base::Result<std::vector<double>> numbers_of(const base::Json& json, const char* key, size_t wanted,
                                             const std::string& path, const char* each = "column");

}  // namespace cresset::model
