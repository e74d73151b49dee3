#include "worker/train/core/divergence.h"

#include <gtest/gtest.h>

namespace cresset::train {
namespace {

Divergence found() {
  return {.step = 13,
          .total_steps = 400,
          .where = "the output of layer \"0\" is not finite",
          .rows = {57},
          .batch_rows = 19,
          .uri = "s3://data/points.csv",
          .usual_largest = 0.93,
          .learning_rate = 0.02};
}

TEST(Divergence, OfARowThatStandsOutNamesRowColumnAndValue) {
  auto told = found();
  told.outstanding = {.row = 57, .step = 13, .column = "x", .value = 1e30};
  EXPECT_EQ(
      describe(told),
      R"(training diverged in step 13 of 400: the output of layer "0" is not finite for 1 of the 19 rows of the batch (row 57 of s3://data/points.csv); row 57 stands out: it has 1e+30 in column "x" after spec.training.preprocess, half of the rows nothing beyond 0.93; repair or remove it, or scale the column)");
}

TEST(Divergence, OfARowOfAnEarlierStepSaysWhichStepLearnedFromIt) {
  auto told = found();
  told.where = "the weights of layer \"0\" are not finite after step 12";
  told.rows.clear();
  told.outstanding = {.row = 57, .step = 11, .column = "x", .value = -1e30};
  EXPECT_EQ(
      describe(told),
      R"(training diverged in step 13 of 400: the weights of layer "0" are not finite after step 12; row 57 of s3://data/points.csv, which step 11 learned from, stands out: it has -1e+30 in column "x" after spec.training.preprocess, half of the rows nothing beyond 0.93; repair or remove it, or scale the column)");
}

TEST(Divergence, WithoutSuchARowIsOfTheLearningRate) {
  auto told = found();
  told.rows = {3, 17, 40};
  EXPECT_EQ(
      describe(told),
      R"(training diverged in step 13 of 400: the output of layer "0" is not finite for 3 of the 19 rows of the batch (rows 3, 17 and 40 of s3://data/points.csv); no row that was learned from stands out; lower spec.training.optimizer.learningRate (0.02), set spec.training.gradient.clipNorm)");
}

TEST(Divergence, OfClippedGradientsSaysNothingOfClipping) {
  auto told = found();
  told.clips = true;
  EXPECT_EQ(describe(told).find("clipNorm"), std::string::npos);
}

TEST(Divergence, OfLargeFeaturesSaysToStandardizeThem) {
  auto told = found();
  told.usual_largest = 3e5;
  EXPECT_NE(describe(told).find("or standardize the features in spec.training.preprocess: half of "
                                "the rows have 3e+05 or more"),
            std::string::npos)
      << describe(told);
}

TEST(Divergence, NamesTheFirstFiveRowsAndNoneWhenItIsOfAll) {
  auto told = found();
  told.rows = {1, 2, 3, 4, 5, 6, 7};
  EXPECT_NE(describe(told).find("(rows 1, 2, 3, 4, 5 and 2 more of s3://data/points.csv)"),
            std::string::npos)
      << describe(told);
  told.batch_rows = 7;
  EXPECT_NE(describe(told).find("for all 7 rows of the batch; no row"), std::string::npos)
      << describe(told);
}

}  // namespace
}  // namespace cresset::train
