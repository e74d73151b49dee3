#pragma once
// What is known of a training that diverged, and the words for it: where a number was first not
// finite, which rows of the batch it was of, and whether a row that stands out brought it about or
// else the learning rate. Rows are told as they stand in their files; steps are counted from 1.
// Pure values; found by diagnosis.h.
//
//   fail(base::invalid(describe({.step = 13, .where = "the output of layer \"0\" is not finite",
//   …})));

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "worker/data/core/row_origins.h"

namespace cresset::train {

// A row whose greatest value is far beyond that of the others.
struct OutstandingRow {
  data::RowOrigin row;
  int64_t step = 0;  // the newest that learned from it
  std::string column;
  double value = 0;  // as the network sees it
};

struct Divergence {
  int64_t step = 0;
  int64_t total_steps = 0;
  std::string where;  // "the output of layer \"0\" is not finite"
  // Of the batch, those that it is said of, file by file, ascending; none: of no row.
  std::vector<data::RowOrigin> rows;
  int64_t batch_rows = 0;
  // Of rows that are streamed those of so many steps were searched for one that stands out, and
  // the batch tells what is usual. 0: all of the newest pass over the data, by all rows.
  int64_t steps_searched = 0;
  double usual_largest = 0;  // the greatest value of a row: the median of it
  std::optional<OutstandingRow> outstanding;
  double learning_rate = 0;  // spec.training.optimizer.learningRate
  bool clips = false;        // gradients, by the spec
};

// As much above the median is a row that stands out, and above kLarge: where most rows are all
// zero, the median says nothing.
inline constexpr double kStandsOut = 1000;
inline constexpr double kLarge = 100;

// One line, at most 1,024 bytes but for the URIs and names in it.
std::string describe(const Divergence& divergence);

}  // namespace cresset::train
