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
                             BatchRows& rows, const Loss& loss, dist::ProcessGroup& group)
    : spec_(spec),
      network_(network),
      rows_(rows),
      loss_(loss),
      group_(group),
      reducer_(network.parameters(), group,
               {.bucket_bytes = spec.parallel.bucket_bytes,
                .in_bf16 = spec.parallel.exchange == "bf16"}) {}

Result<BatchGradient::Found> BatchGradient::compute(int64_t step, const Flags& flags,
                                                    double scale) {
  CRESSET_TRY(rows, rows_.begin(step));
  CRESSET_TRY(divisor, divisor_of(step));
  const int64_t at_once = rows_at_once(rows);
  reducer_.prepare((rows + at_once - 1) / at_once);
  if (rows == 0) {
    reducer_.attach(attached(0, flags));
    reducer_.skip_backward();
  } else {
    seed_dropout(step);
    run_passes(rows, step, divisor / scale, flags);
  }
  if (step + 1 < spec_.epochs * rows_.sampler().steps_per_epoch()) rows_.look_ahead(step + 1);
  CRESSET_TRY(sums, reducer_.finish());
  return Found{sums[0] / divisor, {.stop = sums[1] > 0, .save = sums[2] > 0}};
}

Result<void> BatchGradient::replay(int64_t step, const std::function<void()>& before,
                                   const std::function<void(const at::Tensor& logits)>& look) {
  CRESSET_TRY(rows, rows_.begin(step));
  const int64_t at_once = rows_at_once(rows);
  seed_dropout(step);
  for (int64_t first = 0; first < rows; first += at_once) {
    before();
    look(logits_of(first, std::min(at_once, rows - first), step));
  }
  return {};
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

Result<double> BatchGradient::divisor_of(int64_t step) {
  if (!loss_.is_weighted()) return static_cast<double>(rows_.sampler().batch_rows(step));
  return rows_.divisor(loss_);
}

at::Tensor BatchGradient::logits_of(int64_t first, int64_t size, int64_t step) {
  auto inputs = rows_.inputs(first, size);
  if (spec_.augment.changes_images())
    inputs = augmented(spec_.augment, inputs, rows_.numbers(first, size),
                       data::mix(static_cast<uint64_t>(spec_.seed),
                                 static_cast<uint64_t>(rows_.sampler().epoch_of(step))));
  return forward(network_, inputs, precision_of(spec_.precision));
}

void BatchGradient::run_passes(int64_t rows, int64_t step, double divisor, const Flags& flags) {
  const int64_t at_once = rows_at_once(rows);
  at::Tensor sum;  // where the loss is: to ask for it would make a GPU idle
  for (int64_t first = 0; first < rows; first += at_once) {
    const int64_t size = std::min(at_once, rows - first);
    const auto loss = loss_.sum(logits_of(first, size, step), rows_.targets(first, size));
    sum = sum.defined() ? sum.to(at::kDouble) + loss.detach() : loss.detach();
    reducer_.attach(attached(0, flags), sum);
    if (loss.requires_grad()) loss.div(divisor).backward();  // else no parameter took part
  }
}

}  // namespace cresset::train
