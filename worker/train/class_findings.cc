// find_classes() and find_tokens() of findings.h: one class of many is right. Of networks that
// answer for each place of a row, each place is an answer.
#include <ATen/ATen.h>

#include <cmath>
#include <numeric>
#include <span>

#include "worker/train/core/scores.h"
#include "worker/train/findings.h"
#include "worker/train/loss.h"

namespace cresset::train {

using base::Result;

namespace {

class ClassFindings : public Findings {
 public:
  ClassFindings(const Samples& samples, const c10::Device& device)
      : samples_(samples),
        counts_(
            at::zeros({3, samples.table.classes.size()}, at::device(device).dtype(at::kDouble))),
        log_loss_(at::zeros({1}, counts_.options())) {}

  void keep_scores(data::Range part) {
    part_ = part;
    scores_ = at::zeros({part.size(), counts_.size(1)}, at::kFloat);
  }

  void add(const at::Tensor& logits, const at::Tensor& targets) override {
    const auto classes = counts_.size(1);
    auto rows = logits.reshape({-1, classes}), wanted = targets.flatten();
    if (const auto known = wanted.ne(kNoTarget); !known.all().item<bool>()) {
      rows = rows.index({known});
      wanted = wanted.index({known});
    }
    const auto logs = rows.log_softmax(1), answers = logs.argmax(1);
    const auto right = wanted.masked_select(answers.eq(wanted));
    log_loss_ -= logs.gather(1, wanted.unsqueeze(1)).sum(at::kDouble);
    counts_ += at::stack(
        {right.bincount({}, classes), answers.bincount({}, classes), wanted.bincount({}, classes)});
    if (!scores_.defined()) return;
    scores_.narrow(0, kept_, targets.size(0)).copy_(logs.exp().nan_to_num());
    kept_ += targets.size(0);
  }

  Result<Metrics> tell(dist::ProcessGroup& group) override {
    log_loss_ = log_loss_.cpu();
    counts_ = counts_.cpu();
    CRESSET_CHECK(group.sum(log_loss_));
    CRESSET_CHECK(group.sum(counts_));
    const auto classes = static_cast<size_t>(counts_.size(1));
    const auto* counts = counts_.const_data_ptr<double>();
    const std::span right(counts, classes), predicted(counts + classes, classes),
        actual(counts + 2 * classes, classes);
    const auto answers = samples_.targets.ne(kNoTarget).sum().item<double>();
    Metrics metrics{{"logLoss", log_loss_.item<double>() / answers},
                    {"accuracy", std::accumulate(right.begin(), right.end(), 0.0) / answers},
                    {"macroF1", macro_f1(right, predicted, actual)}};
    if (!scores_.defined()) return metrics;
    const auto positive = [this](int64_t code) { return samples_.targets.eq(code); };
    CRESSET_TRY(area, mean_area(scores_, positive, samples_.rows(), part_, group));
    if (area) metrics["auc"] = *area;
    return metrics;
  }

 private:
  const Samples& samples_;
  at::Tensor counts_;  // [right, predicted, actual] × classes
  at::Tensor log_loss_;
  data::Range part_;
  at::Tensor scores_;  // rows of this rank × classes; undefined: not kept
  int64_t kept_ = 0;
};

class TokenFindings : public ClassFindings {
 public:
  using ClassFindings::ClassFindings;

  Result<Metrics> tell(dist::ProcessGroup& group) override {
    CRESSET_TRY(metrics, ClassFindings::tell(group));
    // The rarest of thousands of tokens would count like the commonest.
    metrics.erase("macroF1");
    metrics["perplexity"] = std::exp(metrics.at("logLoss"));
    return metrics;
  }
};

}  // namespace

std::unique_ptr<Findings> find_classes(const Samples& samples, data::Range part, bool keeps_scores,
                                       const c10::Device& device) {
  auto findings = std::make_unique<ClassFindings>(samples, device);
  if (keeps_scores) findings->keep_scores(part);
  return findings;
}

std::unique_ptr<Findings> find_tokens(const Samples& samples, const c10::Device& device) {
  return std::make_unique<TokenFindings>(samples, device);
}

}  // namespace cresset::train
