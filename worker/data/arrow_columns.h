#pragma once
// Columns of Arrow as floats and as labels. Private to this folder.

#include <cstdint>
#include <string>
#include <vector>

#include "operator/base/result.h"
#include "worker/data/table.h"

namespace arrow {
class ChunkedArray;
}

namespace cresset::data {

// Writes a numeric column into every `stride`-th float from `into`; missing becomes NaN. Errors
// name the column and the first row (counted from 1) that is no finite number.
base::Result<void> copy_numbers(const arrow::ChunkedArray& column, const std::string& name,
                                float* into, size_t stride);

struct RawLabels {
  bool integers = true;
  std::vector<int64_t> numbers;
  std::vector<std::string> texts;
};
// A column of whole numbers, booleans or texts, without missing values.
base::Result<RawLabels> read_labels(const arrow::ChunkedArray& column, const std::string& name);

}  // namespace cresset::data
