// mean_area() of findings.h.
#include "worker/train/findings.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "worker/train/core/scores.h"

namespace cresset::train {

using base::Result;

namespace {

constexpr int64_t kGatheredAtOnce = int64_t{1} << 24;  // floats: 64 MiB

double area_of(const at::Tensor& scores, const at::Tensor& positive) {
  const auto rows = static_cast<size_t>(scores.size(0));
  return area_under_curve({scores.const_data_ptr<float>(), rows},
                          {positive.const_data_ptr<bool>(), rows})
      .value_or(std::numeric_limits<double>::quiet_NaN());
}

}  // namespace

Result<std::optional<double>> mean_area(const at::Tensor& scores,
                                        const std::function<at::Tensor(int64_t column)>& positive,
                                        int64_t rows, data::Range part, dist::ProcessGroup& group) {
  const int64_t columns = scores.size(1);
  const int64_t block = std::max<int64_t>(1, kGatheredAtOnce / rows);
  auto areas = at::zeros({columns}, at::kDouble);
  for (int64_t first = 0; first < columns; first += block) {
    const int64_t size = std::min(block, columns - first);
    auto all = at::zeros({size, rows}, at::kFloat);
    all.narrow(1, part.begin, part.size()).copy_(scores.narrow(1, first, size).t());
    CRESSET_CHECK(group.sum(all));
    for (int64_t i = group.rank(); i < size; i += group.size())
      areas[first + i] = area_of(all[i], positive(first + i));
  }
  CRESSET_CHECK(group.sum(areas));
  const auto known = areas.masked_select(areas.isfinite());
  if (known.numel() == 0) return std::optional<double>();
  return std::optional(known.mean().item<double>());
}

}  // namespace cresset::train
