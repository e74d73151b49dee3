// The loss over rows that ranks share, against PyTorch's own of all rows at once.
#include "worker/train/loss.h"

#include <gtest/gtest.h>

#include "worker/data/core/sharding.h"

namespace cresset::train::loss_test {
namespace {

constexpr int64_t kRows = 11, kClasses = 3;

at::Tensor logits() { return at::arange(kRows * kClasses, at::kFloat).sin().view({kRows, -1}) * 3; }
at::Tensor targets() { return at::arange(kRows, at::kLong).mul(7).remainder(kClasses); }

struct Case {
  double smoothing;
  std::vector<double> weights;
};

TEST(Loss, AddedUpOverAnyPartsIsPyTorchsMeanOverAll) {
  for (const Case& one :
       {Case{0, {}}, Case{0.1, {}}, Case{0, {0.5, 2, 1}}, Case{0.2, {3, 1, 0.25}}}) {
    std::optional<at::Tensor> weights;
    if (!one.weights.empty()) weights = at::tensor(one.weights, at::kFloat);
    const double theirs = at::cross_entropy_loss(logits(), targets(), weights, at::Reduction::Mean,
                                                 -100, one.smoothing)
                              .item<double>();
    const CrossEntropy loss(one.smoothing, one.weights);
    for (int64_t parts = 1; parts <= 4; ++parts) {
      double sum = 0, divisor = 0;
      for (int64_t part = 0; part < parts; ++part) {
        const auto rows = data::shard(kRows, part, parts);
        const auto some = targets().narrow(0, rows.begin, rows.size());
        sum += loss.sum(logits().narrow(0, rows.begin, rows.size()), some).item<double>();
        divisor += loss.divisor(some);
      }
      EXPECT_NEAR(sum / divisor, theirs, 1e-6) << parts << " parts, smoothing " << one.smoothing;
    }
  }
}

}  // namespace
}  // namespace cresset::train::loss_test
