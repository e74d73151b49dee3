#include "worker/train/evaluation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "worker/data/core/sharding.h"
#include "worker/device/device.h"
#include "worker/train/findings.h"

namespace cresset::train {

using base::Result;

namespace {

// A row of these is as much to hold as one of others for each place.
int64_t rows_of_places(int64_t rows_at_once, int64_t length) {
  return std::clamp<int64_t>(kRowsAtOnce / length, 1, rows_at_once);
}

std::unique_ptr<Findings> findings_of(const model::Network& network, const Samples& samples,
                                      data::Range part, const EvaluationOptions& options) {
  const auto& device = options.device;
  if (network.vocabulary() > 0) return find_tokens(samples, device);
  const auto kind = samples.table.label_kind;
  if (kind == data::LabelKind::kNumbers) return find_numbers(samples, device);
  const bool classes = kind == data::LabelKind::kClasses;
  const int64_t columns = classes ? samples.table.classes.size() : samples.targets.size(1);
  const bool keeps_scores =
      options.needs_auc || samples.rows() <= options.most_scores / std::max<int64_t>(1, columns);
  return classes ? find_classes(samples, part, keeps_scores, device)
                 : find_labels(samples, part, keeps_scores, device);
}

}  // namespace

Result<std::map<std::string, double>> evaluate(model::Network& network, const Samples& samples,
                                               const Loss& loss, dist::ProcessGroup& group,
                                               Precision precision,
                                               const EvaluationOptions& options) {
  if (samples.rows() == 0) return std::map<std::string, double>();
  at::NoGradGuard no_grad;
  const auto part = data::shard(samples.rows(), group.rank(), group.size());
  const auto findings = findings_of(network, samples, part, options);
  auto losses = at::zeros({2}, at::kDouble);  // the sum, and what it is divided by
  for (const auto& buffer : network.buffers()) CRESSET_CHECK(group.broadcast(buffer, 0));
  network.set_training(false);
  const int64_t most = network.vocabulary() > 0
                           ? rows_of_places(options.rows_at_once, samples.inputs.size(1))
                           : options.rows_at_once;
  for (int64_t first = part.begin; first < part.end; first += most) {
    const int64_t size = std::min(most, part.end - first);
    const auto inputs = device::moved(samples.inputs.narrow(0, first, size), options.device);
    const auto outputs = forward(network, inputs, precision);
    const auto own = samples.targets.narrow(0, first, size);
    const auto targets = device::moved(own, options.device);
    losses +=
        at::tensor({loss.sum(outputs, targets).item<double>(), loss.divisor(own)}, at::kDouble);
    findings->add(outputs, targets);
  }
  network.set_training(true);
  CRESSET_CHECK(group.sum(losses));
  CRESSET_TRY(metrics, findings->tell(group));
  metrics["loss"] = losses[0].item<double>() / losses[1].item<double>();
  return metrics;
}

}  // namespace cresset::train
