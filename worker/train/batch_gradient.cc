#include "worker/train/batch_gradient.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "worker/train/augment.h"
#include "worker/train/forward.h"

namespace cresset::train {

using base::Result;

namespace {

dist::Reducer::Attached attached(double loss, const BatchGradient::Flags& flags) {
  return {loss, flags.stop ? 1.0 : 0.0, flags.save ? 1.0 : 0.0};
}

}  // namespace

BatchGradient::BatchGradient(const worker_contract::TrainingSpec& spec, model::Network& network,
                             const Samples& samples, const Loss& loss, dist::ProcessGroup& group)
    : spec_(spec),
      network_(network),
      samples_(samples),
      loss_(loss),
      group_(group),
      sampler_(samples.rows(), spec.batch_size, static_cast<uint64_t>(spec.seed)),
      reducer_(network.parameters(), group,
               {.bucket_bytes = spec.parallel.bucket_bytes,
                .in_bf16 = spec.parallel.exchange == "bf16"}) {}

Result<BatchGradient::Found> BatchGradient::compute(int64_t step, const Flags& flags,
                                                    double scale) {
  const auto rows = own_rows(step);
  const double divisor = divisor_of(step);
  const int64_t at_once = rows_at_once(rows.numel());
  reducer_.prepare((rows.numel() + at_once - 1) / at_once);
  if (rows.numel() == 0) {
    reducer_.attach(attached(0, flags));
    reducer_.skip_backward();
  } else {
    seed_dropout(step);
    run_passes(rows, step, divisor / scale, flags);
  }
  CRESSET_TRY(sums, reducer_.finish());
  return Found{sums[0] / divisor, {.stop = sums[1] > 0, .save = sums[2] > 0}};
}

void BatchGradient::replay(int64_t step, const std::function<void()>& before,
                           const std::function<void(const at::Tensor& logits)>& look) {
  const auto rows = own_rows(step);
  const int64_t at_once = rows_at_once(rows.numel());
  seed_dropout(step);
  for (int64_t first = 0; first < rows.numel(); first += at_once) {
    before();
    look(logits_of(rows.narrow(0, first, std::min(at_once, rows.numel() - first)), step));
  }
}

at::Tensor BatchGradient::own_rows(int64_t step) {
  return at::tensor(sampler_.rows_of(step, group_.rank(), group_.size()), at::kLong);
}

int64_t BatchGradient::rows_at_once(int64_t rows) const {
  return spec_.gradient.micro_batch_size > 0 ? spec_.gradient.micro_batch_size
                                             : std::max<int64_t>(1, rows);
}

// Dropout's numbers follow from step and rank, so nothing of them needs to be kept.
void BatchGradient::seed_dropout(int64_t step) const {
  at::manual_seed(
      data::mix(data::mix(static_cast<uint64_t>(spec_.seed), static_cast<uint64_t>(step)),
                static_cast<uint64_t>(group_.rank())));
}

double BatchGradient::divisor_of(int64_t step) {
  if (!loss_.is_weighted()) return static_cast<double>(sampler_.batch_rows(step));
  const auto rows = at::tensor(sampler_.rows_of(step, 0, 1), at::kLong);
  return loss_.divisor(samples_.targets.index_select(0, rows));
}

at::Tensor BatchGradient::logits_of(const at::Tensor& rows, int64_t step) {
  auto inputs = samples_.inputs.index_select(0, rows);
  if (spec_.augment.changes_images())
    inputs = augmented(spec_.augment, inputs, rows,
                       data::mix(static_cast<uint64_t>(spec_.seed),
                                 static_cast<uint64_t>(sampler_.epoch_of(step))));
  return forward(network_, inputs, precision_of(spec_.precision));
}

void BatchGradient::run_passes(const at::Tensor& rows, int64_t step, double divisor,
                               const Flags& flags) {
  const int64_t at_once = rows_at_once(rows.numel());
  double sum = 0;
  for (int64_t first = 0; first < rows.numel(); first += at_once) {
    const auto index = rows.narrow(0, first, std::min(at_once, rows.numel() - first));
    const auto loss = loss_.sum(logits_of(index, step), samples_.targets.index_select(0, index));
    sum += loss.item<double>();
    reducer_.attach(attached(sum, flags));
    loss.div(divisor).backward();
  }
}

}  // namespace cresset::train
