#pragma once
// The rows of batches (batch_rows.h) for a GPU: those of the next step are gathered and sent there
// beside the step that is computed, so that two batches lie there. They are the same as without it.
// Owns the rows that it looks ahead in; used by one thread, with the GPU's stream of that thread.
//
//   rows = std::make_unique<RowsAhead>(std::move(rows), device);

#include <ATen/ATen.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "worker/device/side_stream.h"
#include "worker/train/batch_rows.h"

namespace cresset::train {

class RowsAhead : public BatchRows {
 public:
  RowsAhead(std::unique_ptr<BatchRows> rows, const c10::Device& device);

  const data::Sampler& sampler() const override { return rows_->sampler(); }
  const std::string& digest() const override { return rows_->digest(); }
  base::Result<int64_t> begin(int64_t step) override;
  void look_ahead(int64_t step) override;
  at::Tensor inputs(int64_t first, int64_t size) const override;
  at::Tensor targets(int64_t first, int64_t size) const override;
  at::Tensor numbers(int64_t first, int64_t size) const override;
  base::Result<double> divisor(const Loss& loss) override { return rows_->divisor(loss); }
  base::Result<std::vector<data::RowOrigin>> origins(int64_t step,
                                                     const at::Tensor& chosen) override;
  base::Result<void> find_outstanding(int64_t step, Divergence& found) override;

 private:
  struct Batch {
    int64_t rows = 0;
    at::Tensor inputs, targets, numbers;
  };
  struct Ahead {
    int64_t step = 0;
    base::Result<Batch> batch;
  };
  base::Result<Batch> load(int64_t step);

  std::unique_ptr<BatchRows> rows_;
  device::SideStream side_;
  Batch batch_;
  std::optional<Ahead> ahead_;  // the rows below have begun its step
};

}  // namespace cresset::train
