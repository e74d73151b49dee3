#pragma once
// What is learnt of columns in one pass over their rows: moments of each, and counts of the values
// of those that a step needs these of. Ranks collect Summaries on disjoint rows and merge them;
// then a ColumnSummary of each column is carried through the steps, so that each learns from what
// the steps before it leave: points and extremes are the 32-bit floats that the steps compute, so
// that a value which is one of them is found equal to it. Values; one thread.
//
//   Summaries own(needs_counts);  own.add(rows, n);  …merge…
//   ColumnSummary column = own.column(c);  column.fill(column.quantile(0.5));

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "worker/data/text_column.h"
#include "worker/model/moments.h"
#include "worker/model/value_counts.h"

namespace cresset::model {

// How many rows have each text of a column; missing ones are left out.
using TextCounts = std::map<std::string, int64_t>;

struct ColumnSummary {
  ColumnMoments moments;
  std::optional<std::vector<Point>> points;  // ascending; of columns that are counted
  bool exact = true;                         // each point is a value that occurs

  // Only of columns that are counted and have a value.
  double quantile(double share) const;
  double most_frequent() const;  // the least of several
  // As if every missing value had been `value`.
  void fill(double value);
  // As if every value had become (value - shift) * scale; `scale` is above 0.
  void scale(double shift, double scale);
  // As if every value had become bend(value), which never falls. Of columns that are not counted,
  // mean and squares are of no more use.
  void bend(const std::function<double(double)>& bend);
};

class Summaries {
 public:
  // One flag a column: whether its values are counted. `texts` are the columns whose texts are.
  explicit Summaries(std::vector<bool> counted, std::set<size_t> texts = {});

  // Rows are row-major, as wide as there are columns; NaN = missing. `texts` are of all columns
  // that hold some: what the rows have are places there.
  void add(const float* rows, int64_t count, const std::vector<data::TextColumn>& texts = {});
  void merge(const Summaries& other);  // of the same columns
  ColumnSummary column(size_t index) const;
  const TextCounts& texts(size_t column) const;  // none: they were not counted

  // For the exchange between ranks; `packed` is of a Summaries of the same columns.
  std::string pack() const;
  static Summaries unpack(const std::vector<bool>& counted, std::string_view packed);

 private:
  std::vector<bool> counted_;
  Moments moments_;
  std::vector<ValueCounts> counts_;     // of the counted columns, in order
  std::map<size_t, TextCounts> texts_;  // of the columns whose texts are counted
};

}  // namespace cresset::model
