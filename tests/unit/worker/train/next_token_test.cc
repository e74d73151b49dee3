#include "worker/train/next_token.h"

#include <ATen/TensorIndexing.h>
#include <gmock/gmock.h>

#include "worker/train/loss.h"

namespace cresset::train::next_token_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

RawData raw_with(std::vector<int64_t> train, std::vector<int64_t> validation) {
  RawData raw;
  raw.train.classes.numbers = train;
  raw.train.labels = std::move(train);
  raw.validation.labels = std::move(validation);
  return raw;
}

TEST(NextToken, TheLabelIsATokenAndTheClassesAreAllOfThem) {
  RawData raw = raw_with({5}, {5, 2});
  ASSERT_TRUE(label_by_token(raw, 6));
  EXPECT_THAT(raw.train.labels, ElementsAre(5));
  EXPECT_THAT(raw.validation.labels, ElementsAre(5, 2));
  EXPECT_THAT(raw.train.classes.numbers, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(NextToken, ALabelThatIsNoTokenIsNamed) {
  RawData beyond = raw_with({2}, {2, 6});
  EXPECT_THAT(
      label_by_token(beyond, 6).error().message(),
      AllOf(HasSubstr("spec.training.data.label"), HasSubstr("0 to 5"), HasSubstr("found 6")));
  RawData text = raw_with({}, {0});
  text.train.classes = {.integers = false, .numbers = {}, .texts = {"left"}};
  EXPECT_THAT(label_by_token(text, 6).error().message(), HasSubstr("found \"left\""));
}

TEST(NextToken, EachPlaceIsAimedAtTheNextAndTheLastAtTheLabel) {
  Samples samples{.table = {},
                  .inputs = at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).view({2, 2}),
                  .targets = at::tensor({7, 8}, at::kLong)};
  aim_at_next_tokens(samples, std::nullopt);
  EXPECT_TRUE(samples.targets.equal(at::tensor({2, 7, 4, 8}, at::kLong).view({2, 2})));
}

TEST(NextToken, OfRowsThatAreFilledUpTheFirstPaddingIsTheEndAndNothingAfterItIsLearnt) {
  Samples samples{
      .table = {},
      .inputs = at::tensor({9.0F, 1.0F, 9.0F, 9.0F, 9.0F, 9.0F, 9.0F, 9.0F, 9.0F, 1.0F, 9.0F, 2.0F})
                    .view({3, 4}),
      .targets = at::tensor({7, -100, 9}, at::kLong)};
  aim_at_next_tokens(samples, 9);
  EXPECT_TRUE(samples.targets.equal(
      at::tensor({1, 9, -100, -100, 9, -100, -100, -100, 1, 9, 2, 9}, at::kLong).view({3, 4})));
}

TEST(NextToken, EachTokenCountsTheSameWhateverRowItStandsIn) {
  const auto logits = at::randn({3, 4, 5});
  auto targets = at::arange(12).view({3, 4}) % 5;
  targets.index_put_({0, at::indexing::Slice(1)}, kNoTarget);
  for (const double smoothing : {0.0, 0.1}) {
    const PlacesCrossEntropy loss(smoothing);
    EXPECT_EQ(loss.divisor(targets), 9);
    const auto mean = at::cross_entropy_loss(logits.flatten(0, 1), targets.flatten(), {},
                                             at::Reduction::Mean, kNoTarget, smoothing);
    EXPECT_NEAR(loss.sum(logits, targets).item<double>() / 9, mean.item<double>(), 1e-5);
  }
}

TEST(NextToken, ARowsLossIsTheMeanOfItsPlaces) {
  const auto logits = at::randn({3, 4, 5});
  const auto targets = at::arange(12).view({3, 4}) % 5;
  for (const CrossEntropy& loss : {CrossEntropy(0, {}), CrossEntropy(0.1, {})}) {
    double sum = 0;
    for (int64_t place = 0; place < 4; ++place)
      sum += loss.sum(logits.select(1, place), targets.select(1, place)).item<double>() / 4;
    EXPECT_NEAR(loss.sum(logits, targets).item<double>(), sum, 1e-4);
    EXPECT_EQ(loss.divisor(targets), 3);
  }
}

}  // namespace
}  // namespace cresset::train::next_token_test
