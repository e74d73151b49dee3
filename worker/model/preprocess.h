#pragma once
// Preprocessing: the spec's steps bound to columns, fitted on the training rows, and applied to raw
// rows — the one implementation that training and serving use. Rows are floats, row-major, NaN =
// missing; in columns that a step takes as texts they are places in a list (data::TextColumn). The
// steps on numbers run first and leave the columns as they are; then what a step makes of a column
// of texts stands in its place. Fitting takes one pass over raw rows: each rank collects Summaries
// of its own, they are merged, and fit() carries them through the steps, so that a step learns from
// what those before it leave. What it learns is that of one process that runs the steps one after
// another: exactly, but for rounding, and but for columns with more than ValueCounts::kMostValues
// different values whose quantiles are asked for, or whose mean after a clip, log or quantile is
// (value_counts.h has the bound). A value; apply() and transform() are const and any thread may
// call them.
//
//   CRESSET_TRY(steps, Preprocessing::bind(spec.preprocess, columns, "spec.training.preprocess"));
//   Summaries summaries(steps.counted(), steps.counted_texts());
//   summaries.add(rows, n, texts);  …merge…
//   CRESSET_CHECK(steps.fit(summaries));
//   CRESSET_CHECK(steps.read_vocabularies(store));
//   CRESSET_TRY(samples, steps.transform(std::move(rows), n, texts));
//   Json stored = steps.encode();

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/json.h"
#include "operator/base/result.h"
#include "worker/data/text_column.h"
#include "worker/model/column_summary.h"
#include "worker/model/steps.h"
#include "worker/model/text_steps.h"

namespace cresset::model {

inline constexpr size_t kMaxColumns = 1 << 20;  // more than any model.json that is read may have
// Quantiles of all columns and steps: some 30 MB of a model.json.
inline constexpr int64_t kMostReferences = 1 << 20;
// Of a model.json that texts may take, as base::dump() writes it.
inline constexpr size_t kMostBytesOfTexts = size_t{16} << 20;
// Values that all rows may have together after the steps, 64 GiB.
inline constexpr int64_t kMostValues = int64_t{1} << 34;

class Preprocessing {
 public:
  Preprocessing() = default;  // of no column
  // Resolves the globs. Errors name the step's path and list the columns that exist.
  static base::Result<Preprocessing> bind(const std::vector<worker_contract::PreprocessStep>& steps,
                                          std::vector<std::string> columns,
                                          const std::string& path);
  static base::Result<Preprocessing> decode(const base::Json& json,
                                            std::vector<std::string> columns);

  // Those of the steps that tokenize; before samples are made or steps stored. An error names the
  // field, the file and the line.
  base::Result<void> read_vocabularies(data::Store& store);
  std::vector<const Tokenize*> tokenizers() const;
  // The one of texts that training joins (Tokenize::packed); nullptr: there is none.
  const Tokenize* packing() const;

  // Which columns' values are to be counted for fit(), one flag a column, and whose texts.
  std::vector<bool> counted() const;
  std::set<size_t> counted_texts() const;
  // `summaries` are of all training rows. An error when a column has no value to learn from or some
  // that a step does not take (it names the step's path), or has missing values that no step fills.
  base::Result<void> fit(const Summaries& summaries);
  // What the network takes of raw rows; `texts` are of the columns that hold_texts(), ascending. An
  // error names the row and the column of a value that is missing and stays so, or that a step does
  // not take, and the column whose texts are not there or are taken by no step. `cut`, if it is
  // there, grows by the rows whose text is longer than tokenize's maxLength, of each column.
  base::Result<std::vector<float>> transform(std::vector<float> rows, int64_t count,
                                             const std::vector<data::TextColumn>& texts,
                                             int64_t* cut = nullptr) const;
  // The same in place, where no column holds texts.
  base::Result<void> apply(float* rows, int64_t count) const;

  const std::vector<std::string>& columns() const { return columns_; }
  bool holds_texts(size_t column) const { return taken_[column].has_value(); }
  bool takes_texts() const { return !text_steps_.empty(); }
  // Of one sample, as the network takes it: {values} or what reshape says. With texts it may have
  // to be learnt: then it is empty before fit().
  const std::vector<int64_t>& sample_shape() const { return sample_shape_; }
  // When samples are images, [channels, height, width], and what is done to their pixels is nothing
  // or `normalize` alone.
  std::optional<Channels> channels() const;
  // Of each value of a sample: "age", "city=Rome", "user#17".
  std::vector<std::string> value_names() const;
  // {"steps": [{"standardize": {"columns": […], "mean": […], "deviation": […]}}, …]}
  base::Json encode() const;

 private:
  // Which step takes a column as texts, and as which of its own.
  struct Taken {
    size_t step;
    size_t index;
  };
  Preprocessing(std::vector<std::string> columns, std::string path);
  base::Result<void> bind_texts(const std::vector<worker_contract::PreprocessStep>& steps);
  base::Result<void> bind_numbers(const std::vector<worker_contract::PreprocessStep>& steps);
  base::Result<void> take_as_texts(TextStep step);
  base::Result<void> decode_one(const std::string& kind, const base::Json& inner,
                                const std::string& at);
  base::Result<void> check_numbers() const;
  base::Result<void> learn_texts(const Summaries& summaries);
  base::Result<void> check_texts(const std::vector<data::TextColumn>& texts) const;
  size_t width_of(size_t column) const;
  size_t width() const;
  base::Result<void> settle_shape();
  void prepare();
  base::Result<std::vector<float>> expand(const std::vector<float>& rows, int64_t count,
                                          const std::vector<data::TextColumn>& texts,
                                          int64_t* cut) const;

  std::string path_;  // of all steps
  std::vector<std::string> columns_;
  std::vector<Step> steps_;
  std::vector<TextStep> text_steps_;
  std::vector<std::optional<Taken>> taken_;  // of each column
  std::vector<int64_t> reshape_;             // empty: there is none
  std::string reshape_path_;
  std::vector<int64_t> sample_shape_;
};

}  // namespace cresset::model
