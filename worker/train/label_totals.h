#pragma once
// What the labels of all training rows are together, as far as a loss depends on it: how many rows
// have a class, or how many a label holds for. A value and a function.

#include <cstdint>
#include <string>
#include <vector>

#include "worker/data/table.h"

namespace cresset::train {

struct LabelTotals {
  data::LabelKind kind = data::LabelKind::kClasses;
  std::vector<std::string> names;  // classes, or label columns of flags; none of others
  std::vector<int64_t> rows;       // of each of them
  int64_t all_rows = 0;
};

// Labels that are classes or tokens are codes already.
LabelTotals totals_of(const data::Table& train);

}  // namespace cresset::train
