#include "worker/train/evaluation.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "worker/data/core/sharding.h"
#include "worker/train/core/scores.h"

namespace cresset::train {

using base::Result;

namespace {

constexpr int64_t kGatheredAtOnce = int64_t{1} << 24;  // floats: 64 MiB

// What one rank found: what is summed over the ranks, and its rows' probabilities. Of networks that
// answer for each place, each place is an answer, and probabilities are not kept, as where rows ×
// classes are too many.
struct Findings {
  at::Tensor losses;  // of the loss, its divisor, of the log loss
  at::Tensor counts;  // [right, predicted, actual] × classes
  at::Tensor scores;  // rows of this rank × classes; undefined: not kept

  Findings(int64_t rows, int64_t classes, bool keeps_scores)
      : losses(at::zeros({3}, at::kDouble)), counts(at::zeros({3, classes}, at::kDouble)) {
    if (keeps_scores) scores = at::zeros({rows, classes}, at::kFloat);
  }

  void add(int64_t first, const Loss& loss, const at::Tensor& logits, const at::Tensor& targets) {
    const auto classes = counts.size(1);
    const auto logs = logits.reshape({-1, classes}).log_softmax(1);
    const auto wanted = targets.flatten(), answers = logs.argmax(1);
    const auto right = wanted.masked_select(answers.eq(wanted));
    losses += at::tensor({loss.sum(logits, targets).item<double>(), loss.divisor(targets),
                          -logs.gather(1, wanted.unsqueeze(1)).sum(at::kDouble).item<double>()},
                         at::kDouble);
    counts += at::stack(
        {right.bincount({}, classes), answers.bincount({}, classes), wanted.bincount({}, classes)});
    if (scores.defined()) scores.narrow(0, first, targets.size(0)).copy_(logs.exp().nan_to_num());
  }
};

// Of each class against the rest, NaN where there is none: each rank sorts for some of the classes
// of a block, whose scores all of them get.
Result<at::Tensor> areas(const at::Tensor& scores, const at::Tensor& targets, data::Range part,
                         dist::ProcessGroup& group) {
  const int64_t rows = targets.size(0), classes = scores.size(1);
  const int64_t block = std::max<int64_t>(1, kGatheredAtOnce / rows);
  auto found = at::zeros({classes}, at::kDouble);
  for (int64_t first = 0; first < classes; first += block) {
    const int64_t size = std::min(block, classes - first);
    auto all = at::zeros({size, rows}, at::kFloat);
    all.narrow(1, part.begin, part.size()).copy_(scores.narrow(1, first, size).t());
    CRESSET_CHECK(group.sum(all));
    for (int64_t i = group.rank(); i < size; i += group.size()) {
      const auto of_class = all[i];
      const auto positive = targets.eq(first + i);
      const auto area =
          area_under_curve({of_class.const_data_ptr<float>(), static_cast<size_t>(rows)},
                           {positive.const_data_ptr<bool>(), static_cast<size_t>(rows)});
      found[first + i] = area.value_or(std::numeric_limits<double>::quiet_NaN());
    }
  }
  CRESSET_CHECK(group.sum(found));
  return found;
}

std::map<std::string, double> summary(const Findings& all, int64_t answers) {
  const auto classes = static_cast<size_t>(all.counts.size(1));
  const auto* counts = all.counts.const_data_ptr<double>();
  const std::span right(counts, classes), predicted(counts + classes, classes),
      actual(counts + 2 * classes, classes);
  const auto* losses = all.losses.const_data_ptr<double>();
  const auto count = static_cast<double>(answers);
  return {{"loss", losses[0] / losses[1]},
          {"logLoss", losses[2] / count},
          {"accuracy", std::accumulate(right.begin(), right.end(), 0.0) / count},
          {"macroF1", macro_f1(right, predicted, actual)}};
}

// A row of these is as much to hold as one of others for each place.
int64_t rows_of_places(int64_t rows_at_once, int64_t length) {
  return std::clamp<int64_t>(kRowsAtOnce / length, 1, rows_at_once);
}

bool keeps_scores(const model::Network& network, const Samples& samples,
                  const EvaluationOptions& options) {
  if (network.vocabulary() > 0) return false;
  return options.needs_auc ||
         samples.rows() <= options.most_scores / std::max<int64_t>(1, samples.table.classes.size());
}

}  // namespace

Result<std::map<std::string, double>> evaluate(model::Network& network, const Samples& samples,
                                               const Loss& loss, dist::ProcessGroup& group,
                                               Precision precision,
                                               const EvaluationOptions& options) {
  if (samples.rows() == 0) return std::map<std::string, double>();
  at::NoGradGuard no_grad;
  const auto part = data::shard(samples.rows(), group.rank(), group.size());
  const bool places = network.vocabulary() > 0;
  Findings all(part.size(), samples.table.classes.size(), keeps_scores(network, samples, options));
  for (const auto& buffer : network.buffers()) CRESSET_CHECK(group.broadcast(buffer, 0));
  network.set_training(false);
  const int64_t most =
      places ? rows_of_places(options.rows_at_once, samples.inputs.size(1)) : options.rows_at_once;
  for (int64_t first = part.begin; first < part.end; first += most) {
    const int64_t size = std::min(most, part.end - first);
    all.add(first - part.begin, loss,
            forward(network, samples.inputs.narrow(0, first, size), precision),
            samples.targets.narrow(0, first, size));
  }
  network.set_training(true);
  CRESSET_CHECK(group.sum(all.losses));
  CRESSET_CHECK(group.sum(all.counts));
  auto metrics = summary(all, samples.targets.numel());
  // The rarest of thousands of tokens would count like the commonest.
  if (places) metrics.erase("macroF1");
  if (!all.scores.defined()) return metrics;
  CRESSET_TRY(area, areas(all.scores, samples.targets, part, group));
  const auto known = area.masked_select(area.isfinite());
  if (known.numel() > 0) metrics["auc"] = known.mean().item<double>();
  return metrics;
}

}  // namespace cresset::train
