#pragma once
// A request's columns, one input each, as the raw rows that Preprocessing takes. A function; errors
// name the input, what was found and what is allowed.

#include <cstdint>
#include <vector>

#include "operator/base/result.h"
#include "worker/data/text_column.h"
#include "worker/model/model.h"

namespace cresset::model {

struct RawRows {
  int64_t count = 0;
  std::vector<float> values;            // row-major, as wide as there are columns
  std::vector<data::TextColumn> texts;  // of the columns that are BYTES
};

// `inputs` are those that are `wanted`, in that order, each of the shape [rows].
base::Result<RawRows> rows_of_columns(const std::vector<TensorInfo>& wanted,
                                      const std::vector<HostTensor>& inputs);

}  // namespace cresset::model
