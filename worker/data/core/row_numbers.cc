#include "worker/data/core/row_numbers.h"

#include <algorithm>

namespace cresset::data {

void RowNumbers::add(int64_t number) {
  if (runs_.empty() || number != runs_.back().number + rows_ - runs_.back().row)
    runs_.push_back({rows_, number});
  ++rows_;
}

int64_t RowNumbers::number(int64_t row) const {
  const auto next = std::upper_bound(runs_.begin(), runs_.end(), row,
                                     [](int64_t at, const Run& run) { return at < run.row; });
  if (next == runs_.begin()) return row + 1;
  const auto& run = *std::prev(next);
  return run.number + row - run.row;
}

std::string RowNumbers::place(int64_t row) const {
  std::string text = "row " + std::to_string(row + 1);
  if (what_ != nullptr && row < rows_)
    text += " (" + std::string(what_) + " " + std::to_string(number(row)) + ")";
  return text;
}

}  // namespace cresset::data
