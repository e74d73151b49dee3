#pragma once
// Columns of Arrow as floats, as places of texts and as labels. Private to this folder.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/result.h"
#include "worker/data/core/bad_rows.h"
#include "worker/data/text_column.h"

namespace arrow {
class Array;
class RecordBatch;
}  // namespace arrow

namespace cresset::data {

// The values of one column in some rows of a block: of a list, those at one place of it.
struct Cells {
  std::string_view column;     // its own name, which the block has
  int32_t element = 0;         // in a list
  const arrow::Array* values;  // of row i: at first + i × step
  const arrow::Array* lists;   // which lists are missing; nullptr: these are none
  int64_t first = 0;
  int64_t step = 1;
  int64_t begin = 0;  // the first of these rows in the block
  int64_t rows = 0;

  std::string name() const;  // as people call it: "x", "pixel[3]"
};
// Column `index` of a block, at place `element` where that is a list.
Cells cells_of(const arrow::RecordBatch& block, int index, int32_t element);

// Where a row of a block stands in its file, for people.
using Place = std::function<std::string(int64_t row)>;

// Writes numbers, or texts that are numbers, into every `stride`-th float from `into`; missing
// becomes NaN. A row without a finite number is a bad one.
base::Result<void> copy_numbers(const Cells& cells, const Place& place, float* into, size_t stride,
                                BadRows& bad);
// The values from there on in each list, `count` of them, into as many floats from every
// `stride`-th on. False, and what was written is nothing, if any is missing, infinite or no number.
bool copy_list(const Cells& cells, size_t count, float* into, size_t stride);
// As copy_numbers(), of a label. A row where it is missing, or of `flags` is neither 0 nor 1, is a
// bad one.
base::Result<void> copy_targets(const Cells& cells, const Place& place, bool flags, double* into,
                                size_t stride, BadRows& bad);

// As copy_numbers(), the places of texts; of numbers and booleans, those of what they are as text.
// A row whose text is not UTF-8 is a bad one. An error when there are more texts than may be.
base::Result<void> copy_texts(const Cells& cells, const Place& place, float* into, size_t stride,
                              TextPlaces& places, BadRows& bad);

struct RawLabels {
  bool integers = true;
  std::vector<int64_t> numbers;
  std::vector<std::string> texts;
};
// Appends a column of whole numbers, booleans or texts, the same in all blocks. A row where it is
// missing is a bad one, and gets a label nevertheless.
base::Result<void> append_labels(const Cells& cells, const Place& place, RawLabels& labels,
                                 BadRows& bad);
// Takes those of these rows (ascending) out again, counted from `begin`.
void drop_labels(RawLabels& labels, size_t begin, const std::vector<int64_t>& rows);

// Appends a number for each row of a column of numbers or texts: equal values have the same, and
// missing ones one of their own. It depends on the value alone.
base::Result<void> append_groups(const Cells& cells, std::vector<uint64_t>& groups);

}  // namespace cresset::data
