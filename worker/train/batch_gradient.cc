#include "worker/train/batch_gradient.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "worker/train/forward.h"

namespace cresset::train {

using base::Result;

BatchGradient::BatchGradient(const worker_contract::TrainingSpec& spec, model::Network& network,
                             const Samples& samples, const Loss& loss, dist::ProcessGroup& group)
    : spec_(spec),
      network_(network),
      samples_(samples),
      loss_(loss),
      group_(group),
      sampler_(samples.rows(), spec.batch_size, static_cast<uint64_t>(spec.seed)),
      reducer_(network.parameters(), group) {}

Result<BatchGradient::Found> BatchGradient::compute(int64_t step, bool stop, double scale) {
  const auto rows = at::tensor(sampler_.rows_of(step, group_.rank(), group_.size()), at::kLong);
  const double divisor = divisor_of(step);
  const int64_t at_once = spec_.gradient.micro_batch_size > 0 ? spec_.gradient.micro_batch_size
                                                              : std::max<int64_t>(1, rows.numel());
  reducer_.prepare((rows.numel() + at_once - 1) / at_once);
  if (rows.numel() == 0) {
    reducer_.attach({0, stop ? 1.0 : 0.0});
    reducer_.skip_backward();
  } else {
    // Dropout's numbers follow from step and rank, so nothing of them needs to be kept.
    at::manual_seed(
        data::mix(data::mix(static_cast<uint64_t>(spec_.seed), static_cast<uint64_t>(step)),
                  static_cast<uint64_t>(group_.rank())));
    run_passes(rows, at_once, divisor / scale, stop ? 1 : 0);
  }
  CRESSET_TRY(sums, reducer_.finish());
  return Found{sums[0] / divisor, sums[1] > 0};
}

double BatchGradient::divisor_of(int64_t step) {
  if (!loss_.is_weighted()) return static_cast<double>(sampler_.batch_rows(step));
  const auto rows = at::tensor(sampler_.rows_of(step, 0, 1), at::kLong);
  return loss_.divisor(samples_.targets.index_select(0, rows));
}

void BatchGradient::run_passes(const at::Tensor& rows, int64_t rows_at_once, double divisor,
                               double stop) {
  double sum = 0;
  for (int64_t first = 0; first < rows.numel(); first += rows_at_once) {
    const auto index = rows.narrow(0, first, std::min(rows_at_once, rows.numel() - first));
    const auto logits =
        forward(network_, samples_.inputs.index_select(0, index), precision_of(spec_.precision));
    const auto loss = loss_.sum(logits, samples_.targets.index_select(0, index));
    sum += loss.item<double>();
    reducer_.attach({sum, stop});
    loss.div(divisor).backward();
  }
}

}  // namespace cresset::train
