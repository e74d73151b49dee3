#include "worker/train/core/divergence.h"

#include <gtest/gtest.h>

namespace cresset::train {
namespace {

data::RowOrigin row(int number, const std::string& name = "points.csv") {
  return {"s3://data/" + name,
          "row " + std::to_string(number) + " (line " + std::to_string(number + 1) + ")"};
}

Divergence found() {
  return {.step = 13,
          .total_steps = 400,
          .where = "the output of layer \"0\" is not finite",
          .rows = {row(57)},
          .batch_rows = 19,
          .usual_largest = 0.93,
          .learning_rate = 0.02};
}

TEST(Divergence, OfARowThatStandsOutNamesRowColumnAndValue) {
  auto told = found();
  told.outstanding = {.row = row(57), .step = 13, .column = "x", .value = 1e30};
  EXPECT_EQ(
      describe(told),
      R"(training diverged in step 13 of 400: the output of layer "0" is not finite for 1 of the 19 rows of the batch (row 57 (line 58) of s3://data/points.csv); row 57 (line 58) stands out: it has 1e+30 in column "x" after spec.training.preprocess, half of the rows nothing beyond 0.93; repair or remove it, or scale the column)");
}

TEST(Divergence, OfARowOfAnEarlierStepSaysWhichStepLearnedFromIt) {
  auto told = found();
  told.where = "the weights of layer \"0\" are not finite after step 12";
  told.rows.clear();
  told.outstanding = {.row = row(57), .step = 11, .column = "x", .value = -1e30};
  EXPECT_EQ(
      describe(told),
      R"(training diverged in step 13 of 400: the weights of layer "0" are not finite after step 12; row 57 (line 58) of s3://data/points.csv, which step 11 learned from, stands out: it has -1e+30 in column "x" after spec.training.preprocess, half of the rows nothing beyond 0.93; repair or remove it, or scale the column)");
}

TEST(Divergence, WithoutSuchARowIsOfTheLearningRate) {
  auto told = found();
  told.rows = {row(3), row(17), row(40)};
  EXPECT_EQ(
      describe(told),
      R"(training diverged in step 13 of 400: the output of layer "0" is not finite for 3 of the 19 rows of the batch (row 3 (line 4), row 17 (line 18) and row 40 (line 41) of s3://data/points.csv); no row that was learned from stands out; lower spec.training.optimizer.learningRate (0.02), set spec.training.gradient.clipNorm)");
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

TEST(Divergence, OfSeveralFilesNamesTheFileOfEachRow) {
  auto told = found();
  told.rows = {row(3, "a.csv"), row(4, "a.csv"), row(3, "b.csv")};
  told.outstanding = {.row = row(3, "b.csv"), .step = 13, .column = "x", .value = 1e30};
  EXPECT_NE(describe(told).find("(row 3 (line 4), row 4 (line 5) of s3://data/a.csv and row 3 "
                                "(line 4) of s3://data/b.csv); row 3 (line 4) of "
                                "s3://data/b.csv stands out"),
            std::string::npos)
      << describe(told);
}

TEST(Divergence, NamesTheFirstFiveRowsAndNoneWhenItIsOfAll) {
  auto told = found();
  told.rows.clear();
  for (int number = 1; number <= 7; ++number) told.rows.push_back(row(number));
  EXPECT_NE(describe(told).find("(row 1 (line 2), row 2 (line 3), row 3 (line 4), row 4 (line 5), "
                                "row 5 (line 6) of s3://data/points.csv and 2 more)"),
            std::string::npos)
      << describe(told);
  told.batch_rows = 7;
  EXPECT_NE(describe(told).find("for all 7 rows of the batch; no row"), std::string::npos)
      << describe(told);
}

}  // namespace
}  // namespace cresset::train
