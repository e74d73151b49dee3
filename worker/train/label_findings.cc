// find_labels() of findings.h: each of several labels holds of a row or does not.
#include <ATen/ATen.h>

#include <numeric>
#include <span>

#include "worker/train/core/scores.h"
#include "worker/train/findings.h"

namespace cresset::train {

using base::Result;

namespace {

class LabelFindings : public Findings {
 public:
  LabelFindings(const Samples& samples, data::Range part, bool keeps_scores,
                const c10::Device& device)
      : samples_(samples),
        part_(part),
        counts_(at::zeros({3, samples.targets.size(1)}, at::device(device).dtype(at::kDouble))),
        sums_(at::zeros({3}, counts_.options())) {
    if (keeps_scores) scores_ = at::zeros({part.size(), counts_.size(1)}, at::kFloat);
  }

  void add(const at::Tensor& logits, const at::Tensor& targets) override {
    const auto answers = logits.gt(0), wanted = targets.gt(0);
    const auto wrong = answers.ne(wanted);
    counts_ += at::stack({answers.logical_and(wanted).sum(0), answers.sum(0), wanted.sum(0)});
    sums_ += at::stack(
        {at::binary_cross_entropy_with_logits(logits, targets, {}, {}, at::Reduction::None)
             .sum(at::kDouble),
         wrong.any(1).logical_not().sum().to(at::kDouble), wrong.sum().to(at::kDouble)});
    if (!scores_.defined()) return;
    scores_.narrow(0, kept_, targets.size(0)).copy_(logits.sigmoid().nan_to_num());
    kept_ += targets.size(0);
  }

  Result<Metrics> tell(dist::ProcessGroup& group) override {
    counts_ = counts_.cpu();
    sums_ = sums_.cpu();
    CRESSET_CHECK(group.sum(counts_));
    CRESSET_CHECK(group.sum(sums_));
    const auto labels = static_cast<size_t>(counts_.size(1));
    const auto* counts = counts_.const_data_ptr<double>();
    const std::span right(counts, labels), predicted(counts + labels, labels),
        actual(counts + 2 * labels, labels);
    const auto* sums = sums_.const_data_ptr<double>();
    const auto rows = static_cast<double>(samples_.rows());
    const double answers = rows * static_cast<double>(labels);
    Metrics metrics{{"logLoss", sums[0] / answers},
                    {"accuracy", sums[1] / rows},
                    {"hammingLoss", sums[2] / answers},
                    {"macroF1", macro_f1_of_labels(right, predicted, actual)},
                    {"microF1", micro_f1(right, predicted, actual)}};
    if (!scores_.defined()) return metrics;
    const auto positive = [this](int64_t label) {
      return samples_.targets.select(1, label).gt(0).contiguous();
    };
    CRESSET_TRY(area, mean_area(scores_, positive, samples_.rows(), part_, group));
    if (area) metrics["auc"] = *area;
    return metrics;
  }

 private:
  const Samples& samples_;
  data::Range part_;
  at::Tensor counts_;  // [right, predicted, actual] × labels
  at::Tensor sums_;    // of the log loss, of rows without a wrong label, of wrong labels
  at::Tensor scores_;  // rows of this rank × labels; undefined: not kept
  int64_t kept_ = 0;
};

}  // namespace

std::unique_ptr<Findings> find_labels(const Samples& samples, data::Range part, bool keeps_scores,
                                      const c10::Device& device) {
  return std::make_unique<LabelFindings>(samples, part, keeps_scores, device);
}

}  // namespace cresset::train
