#include "worker/train/core/class_weights.h"

#include <gmock/gmock.h>

namespace cresset::train {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<std::string> kNames{"cat", "dog", "owl"};

TEST(ClassWeights, AreNoneWhereNoneAreAskedFor) {
  EXPECT_THAT(class_weights({}, kNames, {1, 2, 3}).value(), IsEmpty());
}

TEST(ClassWeights, BalancedMakesEachClassCountAsMuchInAll) {
  EXPECT_THAT(class_weights({.strategy = "Balanced"}, kNames, {2, 6, 4}).value(),
              ElementsAre(2.0, 12.0 / 18, 1.0));
  EXPECT_THAT(class_weights({.strategy = "Balanced"}, kNames, {6, 6, 0}).value(),
              ElementsAre(12.0 / 18, 12.0 / 18, 1.0));
}

TEST(ClassWeights, WhatIsNotListedWeighsOne) {
  EXPECT_THAT(
      class_weights({.strategy = "Listed", .weights = {{"owl", 2.5}, {"cat", 0.5}}}, kNames, {})
          .value(),
      ElementsAre(0.5, 1, 2.5));
}

TEST(ClassWeights, AClassThatThereIsNotIsNamedWithThoseThereAre) {
  const auto none =
      class_weights({.strategy = "Listed", .weights = {{"cat", 2}, {"cow", 3}}}, kNames, {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message(),
            "spec.training.classWeights.weights[1].class: \"cow\" is no class of the training "
            "rows; the classes are cat, dog, owl");
}

TEST(LabelWeights, BalancedMakesRowsWithALabelCountAsMuchAsThoseWithout) {
  EXPECT_THAT(label_weights({}, kNames, {1, 2, 3}, 4).value(), IsEmpty());
  EXPECT_THAT(label_weights({.strategy = "Balanced"}, kNames, {2, 6, 4}, 8).value(),
              ElementsAre(3.0, 1.0 / 3, 1.0));
  EXPECT_THAT(label_weights({.strategy = "Balanced"}, kNames, {0, 8, 1}, 8).value(),
              ElementsAre(1.0, 1.0, 7.0));
}

TEST(LabelWeights, AreListedByTheLabelsColumns) {
  EXPECT_THAT(label_weights({.strategy = "Listed", .weights = {{"dog", 2.5}}}, kNames, {1, 1, 1}, 2)
                  .value(),
              ElementsAre(1, 2.5, 1));
  const auto none =
      label_weights({.strategy = "Listed", .weights = {{"cow", 3}}}, kNames, {1, 1, 1}, 2);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message(),
            "spec.training.classWeights.weights[0].class: \"cow\" is no label column; the label "
            "columns are cat, dog, owl");
}

}  // namespace
}  // namespace cresset::train
