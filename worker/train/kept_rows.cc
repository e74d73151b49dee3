#include "worker/train/kept_rows.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "worker/device/device.h"
#include "worker/device/kernels.h"

namespace cresset::train {

using base::Result;

namespace {

constexpr int64_t kRowsAtOnce = 1024;  // looked at after a divergence

}  // namespace

KeptRows::KeptRows(const worker_contract::TrainingSpec& spec, const Samples& samples,
                   const dist::ProcessGroup& group, const c10::Device& device)
    : samples_(samples),
      group_(group),
      device_(device),
      sampler_(samples.rows(), spec.batch_size, static_cast<uint64_t>(spec.seed)) {}

Result<int64_t> KeptRows::begin(int64_t step) {
  step_ = step;
  own_ = at::tensor(sampler_.rows_of(step, group_.rank(), group_.size()), at::kLong);
  return own_.numel();
}

at::Tensor KeptRows::inputs_of(const at::Tensor& rows) const {
  if (samples_.images) return samples_.images->rows(rows, device_);
  return device::moved(device::gather_rows(samples_.inputs, rows, device_), device_);
}

// In turns: images that are bytes are many times as large in between.
at::Tensor KeptRows::sizes_of_all() const {
  std::vector<at::Tensor> sizes;
  const auto numbers = at::arange(samples_.rows(), at::kLong);
  for (const auto& rows : numbers.split(kRowsAtOnce))
    sizes.push_back(row_sizes(inputs_of(rows)).cpu());
  return at::cat(sizes);
}

at::Tensor KeptRows::inputs(int64_t first, int64_t size) const {
  return inputs_of(own_.narrow(0, first, size));
}

at::Tensor KeptRows::targets(int64_t first, int64_t size) const {
  const auto targets = device::gather_rows(samples_.targets, own_.narrow(0, first, size), device_);
  return device::moved(targets, device_);
}

at::Tensor KeptRows::numbers(int64_t first, int64_t size) const {
  return own_.narrow(0, first, size);
}

Result<double> KeptRows::divisor(const Loss& loss) {
  const auto rows = at::tensor(sampler_.rows_of(step_, 0, 1), at::kLong);
  return loss.divisor(device::gather_rows(samples_.targets, rows));
}

Result<std::vector<data::RowOrigin>> KeptRows::origins(int64_t step, const at::Tensor& chosen) {
  const auto batch = sampler_.rows_of(step, 0, 1);
  std::vector<int64_t> rows;
  for (size_t i = 0; i < batch.size(); ++i)
    if (chosen[static_cast<int64_t>(i)].item<double>() > 0) rows.push_back(batch[i]);
  std::sort(rows.begin(), rows.end());
  std::vector<data::RowOrigin> origins;
  for (const int64_t row : rows) origins.push_back(samples_.table.origins.at(row));
  return origins;
}

Result<void> KeptRows::find_outstanding(int64_t step, Divergence& found) {
  const auto sizes = sizes_of_all();
  found.usual_largest = sizes.nanmedian().item<double>();
  const auto far = sizes.gt(far_from(found.usual_largest));
  if (!far.any().item<bool>()) return {};
  for (int64_t s = step; s >= 0 && s > step - sampler_.steps_per_epoch(); --s) {
    auto rows = sampler_.rows_of(s, 0, 1);
    std::sort(rows.begin(), rows.end());
    for (const int64_t row : rows)
      if (far[row].item<bool>()) {
        found.outstanding =
            outstanding_row(inputs_of(at::tensor({row}, at::kLong)), samples_.table.columns,
                            samples_.table.origins.at(row), s);
        return {};
      }
  }
  return {};
}

}  // namespace cresset::train
