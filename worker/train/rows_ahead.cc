#include "worker/train/rows_ahead.h"

namespace cresset::train {

using base::Result;

RowsAhead::RowsAhead(std::unique_ptr<BatchRows> rows, const c10::Device& device)
    : rows_(std::move(rows)), side_(device) {}

Result<RowsAhead::Batch> RowsAhead::load(int64_t step) {
  CRESSET_TRY(rows, rows_->begin(step));
  if (rows == 0) return Batch();
  return Batch{rows, rows_->inputs(0, rows), rows_->targets(0, rows), rows_->numbers(0, rows)};
}

Result<int64_t> RowsAhead::begin(int64_t step) {
  auto ahead = std::exchange(ahead_, std::nullopt);
  batch_ = {};
  if (ahead && ahead->step == step) {
    if (!ahead->batch) return base::fail(ahead->batch.error());
    batch_ = std::move(*ahead->batch);
    side_.hand_over({batch_.inputs, batch_.targets});
    return batch_.rows;
  }
  CRESSET_TRY(batch, load(step));
  batch_ = std::move(batch);
  return batch_.rows;
}

void RowsAhead::look_ahead(int64_t step) {
  side_.run([&] { ahead_.emplace(Ahead{step, load(step)}); });
}

at::Tensor RowsAhead::inputs(int64_t first, int64_t size) const {
  return batch_.inputs.narrow(0, first, size);
}
at::Tensor RowsAhead::targets(int64_t first, int64_t size) const {
  return batch_.targets.narrow(0, first, size);
}
at::Tensor RowsAhead::numbers(int64_t first, int64_t size) const {
  return batch_.numbers.narrow(0, first, size);
}

Result<std::vector<data::RowOrigin>> RowsAhead::origins(int64_t step, const at::Tensor& chosen) {
  ahead_.reset();
  return rows_->origins(step, chosen);
}

Result<void> RowsAhead::find_outstanding(int64_t step, Divergence& found) {
  ahead_.reset();
  return rows_->find_outstanding(step, found);
}

}  // namespace cresset::train
