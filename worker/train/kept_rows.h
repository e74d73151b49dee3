#pragma once
// The rows of batches (batch_rows.h) out of samples that every rank holds whole. Does not own them.

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "worker/dist/process_group.h"
#include "worker/train/batch_rows.h"
#include "worker/train/training_data.h"

namespace cresset::train {

class KeptRows : public BatchRows {
 public:
  KeptRows(const worker_contract::TrainingSpec& spec, const Samples& samples,
           const dist::ProcessGroup& group, const c10::Device& device = at::kCPU);

  const data::Sampler& sampler() const override { return sampler_; }
  const std::string& digest() const override { return samples_.table.digest; }
  base::Result<int64_t> begin(int64_t step) override;
  at::Tensor inputs(int64_t first, int64_t size) const override;
  at::Tensor targets(int64_t first, int64_t size) const override;
  at::Tensor numbers(int64_t first, int64_t size) const override;
  base::Result<double> divisor(const Loss& loss) override;
  base::Result<std::vector<data::RowOrigin>> origins(int64_t step,
                                                     const at::Tensor& chosen) override;
  // Of the newest pass over the data.
  base::Result<void> find_outstanding(int64_t step, Divergence& found) override;

 private:
  at::Tensor inputs_of(const at::Tensor& rows) const;
  at::Tensor sizes_of_all() const;

  const Samples& samples_;
  const dist::ProcessGroup& group_;
  c10::Device device_;
  data::Sampler sampler_;
  int64_t step_ = 0;
  at::Tensor own_;  // rows of the samples
};

}  // namespace cresset::train
