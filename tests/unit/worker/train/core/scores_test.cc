#include "worker/train/core/scores.h"

#include <gmock/gmock.h>

#include <array>
#include <random>
#include <vector>

namespace cresset::train {
namespace {

TEST(MacroF1, IsTheMeanOverTheClassesThatAreThereOrWerePredicted) {
  // As scikit-learn says of actual 0 0 1 1 2 and predicted 0 1 1 1 0: (0.5 + 0.8 + 0) / 3.
  const std::array right{1.0, 2.0, 0.0, 0.0}, predicted{2.0, 3.0, 0.0, 0.0},
      actual{2.0, 2.0, 1.0, 0.0};  // of the fourth class there is nothing
  EXPECT_DOUBLE_EQ(macro_f1(right, predicted, actual), (0.5 + 0.8) / 3);
}

TEST(F1OfLabels, CountsALabelThatIsNeverThereAndTheRowsOfAllTogether) {
  const std::array right{1.0, 2.0, 0.0}, predicted{2.0, 2.0, 0.0}, actual{2.0, 2.0, 0.0};
  EXPECT_DOUBLE_EQ(macro_f1_of_labels(right, predicted, actual), (0.5 + 1 + 0) / 3);
  EXPECT_DOUBLE_EQ(micro_f1(right, predicted, actual), 6.0 / 8);
  EXPECT_EQ(micro_f1(std::array{0.0}, std::array{0.0}, std::array{0.0}), 0);
}

TEST(R2Score, OfLabelsThatAreAllTheSameIsOneWithoutAnErrorAndElseZero) {
  EXPECT_DOUBLE_EQ(r2_score(std::array{1.0, 4.0}, std::array{4.0, 2.0}), (0.75 - 1) / 2);
  EXPECT_EQ(r2_score(std::array{0.0}, std::array{0.0}), 1);
  EXPECT_EQ(r2_score(std::array{0.5}, std::array{0.0}), 0);
}

// Every pair, by the definition.
double by_pairs(const std::vector<float>& scores, std::span<const bool> positive) {
  double won = 0, pairs = 0;
  for (size_t i = 0; i < scores.size(); ++i)
    for (size_t j = 0; j < scores.size(); ++j)
      if (positive[i] && !positive[j]) {
        ++pairs;
        won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
      }
  return won / pairs;
}

TEST(AreaUnderCurve, IsTheShareOfThePairsInOrderEqualOnesCountingHalf) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> scores;
    std::array<bool, 30> positive{};
    for (size_t i = 0; i < positive.size(); ++i) {
      scores.push_back(static_cast<float>(random() % 8) / 8);  // many are equal
      positive[i] = i == 0 || (i > 1 && random() % 3 == 0);
    }
    EXPECT_NEAR(area_under_curve(scores, positive).value(), by_pairs(scores, positive), 1e-12);
  }
}

TEST(AreaUnderCurve, WithoutBothKindsThereIsNone) {
  const std::array scores{0.5F, 0.25F};
  EXPECT_FALSE(area_under_curve(scores, std::array{true, true}));
  EXPECT_FALSE(area_under_curve(scores, std::array{false, false}));
  EXPECT_FALSE(area_under_curve({}, {}));
}

}  // namespace
}  // namespace cresset::train
