#include "worker/train/batch_rows.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace cresset::train {

at::Tensor row_sizes(const at::Tensor& inputs) {
  return at::linalg_vector_norm(inputs.flatten(1), std::numeric_limits<double>::infinity(),
                                at::IntArrayRef{1});
}

double far_from(double usual_largest) { return std::max(kStandsOut * usual_largest, kLarge); }

OutstandingRow outstanding_row(const at::Tensor& inputs, const std::vector<std::string>& columns,
                               data::RowOrigin origin, int64_t step) {
  const auto values = inputs.flatten();
  const auto at = values.abs().argmax().item<int64_t>();
  return {.row = std::move(origin),
          .step = step + 1,
          .column = columns[static_cast<size_t>(at)],
          .value = values[at].item<double>()};
}

}  // namespace cresset::train
