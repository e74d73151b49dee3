// find_numbers() of findings.h: how far numbers are from those of the label columns, in the units
// of these.
#include <ATen/ATen.h>

#include <span>

#include "worker/train/core/scores.h"
#include "worker/train/findings.h"

namespace cresset::train {

using base::Result;

namespace {

class NumberFindings : public Findings {
 public:
  NumberFindings(const Samples& samples, const c10::Device& device)
      : samples_(samples),
        sums_(at::zeros({2, samples.targets.size(1)}, at::device(device).dtype(at::kDouble))) {
    std::vector<double> deviations;
    for (const auto& target : samples.predicted) deviations.push_back(target.deviation);
    deviations_ = at::tensor(deviations, sums_.options());
  }

  void add(const at::Tensor& outputs, const at::Tensor& targets) override {
    const auto errors = (outputs.to(at::kDouble) - targets.to(at::kDouble)) * deviations_;
    sums_ += at::stack({errors.square().sum(0), errors.abs().sum(0)});
  }

  Result<Metrics> tell(dist::ProcessGroup& group) override {
    sums_ = sums_.cpu();
    deviations_ = deviations_.cpu();
    CRESSET_CHECK(group.sum(sums_));
    const auto columns = static_cast<size_t>(sums_.size(1));
    const auto* sums = sums_.const_data_ptr<double>();
    const std::span squares(sums, columns), sizes(sums + columns, columns);
    const auto rows = static_cast<double>(samples_.rows());
    // Each rank has all labels, but not the same processor: what is judged by r2 must be one
    // number.
    const auto totals = around_their_means();
    CRESSET_CHECK(group.broadcast(totals, 0));
    return Metrics{{"rmse", root_mean_square(squares, rows)},
                   {"mae", mean_of_means(sizes, rows)},
                   {"r2", r2_score(squares, {totals.const_data_ptr<double>(), columns})}};
  }

 private:
  // The sums of squares of the labels less their means. Taken from the first row, labels that are
  // all the same give zero and no rounding.
  at::Tensor around_their_means() const {
    const auto labels =
        (samples_.targets.to(at::kDouble) - samples_.targets[0].to(at::kDouble)) * deviations_;
    return (labels - labels.mean(0)).square().sum(0).contiguous();
  }

  const Samples& samples_;
  at::Tensor deviations_;
  at::Tensor sums_;  // [squares, sizes] of the errors × columns
};

}  // namespace

std::unique_ptr<Findings> find_numbers(const Samples& samples, const c10::Device& device) {
  return std::make_unique<NumberFindings>(samples, device);
}

}  // namespace cresset::train
