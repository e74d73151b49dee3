#include "worker/model/preprocess.h"

#include <gmock/gmock.h>

#include <cmath>

namespace cresset::model {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using namespace worker_contract;

const std::vector<std::string> kColumns{"a", "b", "c"};

base::Result<void> fit_to(Preprocessing& steps, const std::vector<float>& rows) {
  Summaries summaries(steps.counted());
  summaries.add(rows.data(), static_cast<int64_t>(rows.size() / 3));
  return steps.fit(summaries);
}

Preprocessing fitted(const std::vector<PreprocessStep>& steps, const std::vector<float>& rows) {
  auto bound = Preprocessing::bind(steps, kColumns, "spec.training.preprocess");
  EXPECT_TRUE(bound) << bound.error().message();
  const auto fit = fit_to(*bound, rows);
  EXPECT_TRUE(fit) << fit.error().message();
  return *bound;
}

std::string why_not(const std::vector<PreprocessStep>& steps, const std::vector<float>& rows) {
  auto bound = Preprocessing::bind(steps, kColumns, "spec.training.preprocess");
  if (!bound) return bound.error().message();
  const auto fit = fit_to(*bound, rows);
  return fit ? "no error" : fit.error().message();
}

const std::vector<float> kRows{1, 10, 5, 3, NAN, 5, 5, 20, 5};

TEST(Preprocessing, ImputesTheMeanAndThenStandardizesWhatCameOut) {
  const auto steps =
      fitted({ImputeStep{.columns = {"*"}}, StandardizeStep{.columns = {"a", "b"}}}, kRows);
  auto rows = kRows;
  ASSERT_TRUE(steps.apply(rows.data(), 3));
  const float a = std::sqrt(1.5F);  // (5 - 3) / deviation of 1, 3, 5
  // b becomes 10, 15, 20.
  EXPECT_THAT(rows,
              ElementsAre(FloatNear(-a, 1e-6F), FloatNear(-a, 1e-6F), 5, FloatNear(0, 1e-6F),
                          FloatNear(0, 1e-6F), 5, FloatNear(a, 1e-6F), FloatNear(a, 1e-6F), 5));
}

TEST(Preprocessing, AConstantStandsInAndCountsForTheStatistics) {
  const auto steps = fitted({ImputeStep{.columns = {"b"}, .strategy = "Constant", .value = 0},
                             StandardizeStep{.columns = {"b"}}},
                            kRows);
  std::vector<float> row{1, NAN, 5};
  ASSERT_TRUE(steps.apply(row.data(), 1));
  EXPECT_NEAR(row[1], -10 / std::sqrt(200.0 / 3), 1e-6);  // of 10, 0, 20
}

TEST(Preprocessing, AColumnThatNeverChangesIsShiftedOnly) {
  const auto steps =
      fitted({ImputeStep{.columns = {"b"}}, StandardizeStep{.columns = {"c"}}}, kRows);
  std::vector<float> row{1, 2, 7};
  ASSERT_TRUE(steps.apply(row.data(), 1));
  EXPECT_EQ(row[2], 2);
}

TEST(Preprocessing, IsTheSameAfterBeingStored) {
  const std::vector<PreprocessStep> spec{ImputeStep{.columns = {"*"}},
                                         LogStep{.columns = {"a"}, .offset = 0.5},
                                         ClipStep{.columns = {"b"}, .max_quantile = 0.9},
                                         StandardizeStep{.columns = {"a", "b"}},
                                         MinMaxStep{.columns = {"a"}, .min = -1, .max = 2},
                                         QuantileStep{.columns = {"b"}, .distribution = "Normal"},
                                         ReshapeStep{.shape = {1, 3, 1}}};
  const auto steps = fitted(spec, kRows);
  const auto stored = base::parse_json(base::dump(steps.encode()));
  ASSERT_TRUE(stored);
  const auto again = Preprocessing::decode(*stored, kColumns);
  ASSERT_TRUE(again) << again.error().message();
  auto one = kRows, other = kRows;
  ASSERT_TRUE(steps.apply(one.data(), 3));
  ASSERT_TRUE(again->apply(other.data(), 3));
  EXPECT_EQ(one, other);
  EXPECT_THAT(again->sample_shape(), ElementsAre(1, 3, 1));
}

// What an older worker stored.
TEST(Preprocessing, AFileWithoutTheNewerStepsIsReadAsBefore) {
  const auto steps = Preprocessing::decode(
      base::parse_json(
          R"({"steps": [{"impute": {"columns": ["b"], "strategy": "Mean", "values": [15]}},
                                     {"standardize": {"columns": ["a"], "mean": [3], "deviation": [2]}}]})")
          .value(),
      kColumns);
  ASSERT_TRUE(steps) << steps.error().message();
  std::vector<float> row{5, NAN, 2};
  ASSERT_TRUE(steps->apply(row.data(), 1));
  EXPECT_THAT(row, ElementsAre(1, 15, 2));
}

TEST(Preprocessing, ValuesThatLogDoesNotTakeAreToldInFittingAndInServing) {
  EXPECT_EQ(
      why_not({ImputeStep{.columns = {"b"}}, LogStep{.columns = {"b"}, .offset = -12}}, kRows),
      R"(spec.training.preprocess[1].log: column "b" has values down to 10.0 in the training rows; allowed are values from 12.0 on)");
  const auto steps = fitted({ImputeStep{.columns = {"b"}}, LogStep{.columns = {"c"}}}, kRows);
  std::vector<float> rows{1, 2, 3, 4, 5, -0.5F};
  const auto applied = steps.apply(rows.data(), 2);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message(),
            R"(row 1, column "c": log found -0.5, allowed are values from 0.0 on)");
}

TEST(Preprocessing, BoundsOfAClipThatCrossAreTold) {
  EXPECT_EQ(
      why_not({ClipStep{.columns = {"a"}, .min = 4, .max_quantile = 0.5}}, kRows),
      R"(spec.training.preprocess[0].clip: of column "a", the least would be 4.0 and the greatest 3.0)");
}

TEST(Preprocessing, TheMostFrequentOfTooManyDifferentValuesIsRefused) {
  std::vector<float> rows(3 * (ValueCounts::kMostValues + 1));
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<float>(i);
  EXPECT_EQ(
      why_not({ImputeStep{.columns = {"c"}, .strategy = "MostFrequent"}}, rows),
      R"(spec.training.preprocess[0].impute: column "c" has more than 65536 different values, among which MostFrequent cannot tell)");
}

TEST(Preprocessing, ValuesThatAStepMadeEqualCountTogether) {
  const std::vector<float> rows{1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0, NAN, 0, 0};
  const auto steps = fitted({ClipStep{.columns = {"a"}, .max = 2},
                             ImputeStep{.columns = {"a"}, .strategy = "MostFrequent"}},
                            rows);
  std::vector<float> row{NAN, 0, 0};
  ASSERT_TRUE(steps.apply(row.data(), 1));
  EXPECT_EQ(row[0], 2);
}

TEST(Preprocessing, AnOffsetTakesAwayExactlyTheLeastValueThatItWasChosenBy) {
  const std::vector<float> rows{-0.3F, 0, 0, 1, 0, 0};
  const auto steps = fitted({LogStep{.columns = {"a"}, .offset = 0.3}}, rows);
  std::vector<float> row{-0.3F, 0, 0};
  ASSERT_TRUE(steps.apply(row.data(), 1));
  EXPECT_EQ(row[0], 0);
}

TEST(Preprocessing, MoreQuantilesThanAModelCanKeepAreRefused) {
  std::vector<std::string> columns;
  for (int i = 0; i < 200; ++i) columns.push_back("x" + std::to_string(i));
  const auto bound = Preprocessing::bind({QuantileStep{.columns = {"*"}, .quantiles = 10000}},
                                         columns, "spec.training.preprocess");
  ASSERT_FALSE(bound);
  EXPECT_EQ(
      bound.error().message(),
      R"(spec.training.preprocess[0].quantile.quantiles: 200 columns × 10000 are too many numbers to keep; allowed are 1048576 in all quantile steps)");
}

TEST(Preprocessing, OnlyColumnsWhoseValuesAStepNeedsAreCounted) {
  const auto counted = [](const std::vector<PreprocessStep>& steps) {
    return Preprocessing::bind(steps, kColumns, "").value().counted();
  };
  EXPECT_THAT(counted({ImputeStep{.columns = {"*"}}, StandardizeStep{.columns = {"*"}},
                       MinMaxStep{.columns = {"*"}}, LogStep{.columns = {"a"}}}),
              ElementsAre(false, false, false));
  EXPECT_THAT(counted({LogStep{.columns = {"a", "b"}}, StandardizeStep{.columns = {"b", "c"}}}),
              ElementsAre(false, true, false));
  EXPECT_THAT(counted({ImputeStep{.columns = {"a"}, .strategy = "Median"},
                       ClipStep{.columns = {"b"}, .min = 0}, QuantileStep{.columns = {"c"}}}),
              ElementsAre(true, false, true));
}

TEST(Preprocessing, OfChannelsDividesTheColumnsAmongThem) {
  auto steps = Preprocessing::bind(
                   {NormalizeStep{.columns = {"p*"}, .divisor = 10, .channels = {{0.5, 2}, {1, 4}}},
                    StandardizeStep{.columns = {"p3"}}},
                   {"p0", "p1", "x", "p2", "p3"}, "p")
                   .value();
  const std::vector<float> all{5, 25, 7, 10, 10, 45, 5, 7, 50, 90};
  Summaries summaries(steps.counted());
  summaries.add(all.data(), 2);
  ASSERT_TRUE(steps.fit(summaries));
  const auto again = Preprocessing::decode(steps.encode(), steps.columns());
  ASSERT_TRUE(again) << again.error().message();
  for (const auto& one : {steps, *again}) {
    auto rows = all;
    ASSERT_TRUE(one.apply(rows.data(), 2));
    EXPECT_THAT(rows,
                ElementsAre(0, 1, 7, 0, FloatNear(-1, 1e-6F), 2, 0, 7, 1, FloatNear(1, 1e-6F)));
  }
}

TEST(Preprocessing, ColumnsThatAreNoChannelsOfOneSizeAreAnError) {
  EXPECT_EQ(
      why_not({NormalizeStep{.columns = {"*"}, .channels = {{}, {}}}}, kRows),
      R"(spec.training.preprocess[0].normalize.channels: 3 columns are not 2 channels that have as many columns each)");
}

TEST(Preprocessing, NumbersOfChannelsThatAreNotStoredAsTheyWereWrittenAreAnError) {
  const auto why_not = [](const base::Json& mean, const base::Json& deviation, double divisor = 1) {
    const auto decoded = Preprocessing::decode({{"steps",
                                                 {{{"normalize",
                                                    {{"columns", kColumns},
                                                     {"divisor", divisor},
                                                     {"mean", mean},
                                                     {"deviation", deviation}}}}}}},
                                               kColumns);
    return decoded ? "no error" : decoded.error().message();
  };
  const std::string path = "preprocessing.steps[0].normalize";
  EXPECT_EQ(why_not({0}, {1}), "no error");
  EXPECT_EQ(why_not(7, {1}), path + ".mean: wanted numbers, one a channel");
  EXPECT_EQ(why_not({0, 1, 2}, {1}), path + ".deviation: wanted 3 numbers, one a channel");
  const std::string least = path + ": divisor and deviations must be at least 1e-12";
  EXPECT_EQ(why_not({0}, {1e-300}), least);
  EXPECT_EQ(why_not({0}, {1}, 1e-300), least);
}

TEST(Preprocessing, MissingValuesThatNoStepFillsAreToldInFittingAndInServing) {
  EXPECT_EQ(why_not({StandardizeStep{.columns = {"b"}}}, kRows),
            "spec.training.preprocess: column \"b\" misses 1 values in the training rows; add an "
            "impute step for it");
  const auto steps = fitted({ImputeStep{.columns = {"b"}}}, kRows);
  std::vector<float> rows{1, NAN, 3, 4, 5, NAN};
  const auto applied = steps.apply(rows.data(), 2);
  ASSERT_FALSE(applied);
  EXPECT_THAT(applied.error().message(), HasSubstr("row 1, column \"c\""));
}

TEST(Preprocessing, WrongStepsAreNamedWithTheirPath) {
  EXPECT_THAT(
      why_not({ImputeStep{.columns = {"b"}}, StandardizeStep{.columns = {"pixel*"}}}, kRows),
      AllOf(HasSubstr("spec.training.preprocess[1].standardize.columns[0]"), HasSubstr("pixel*"),
            HasSubstr("a, b, c")));
  EXPECT_THAT(why_not({ReshapeStep{.shape = {2, 2}}}, kRows),
              AllOf(HasSubstr("spec.training.preprocess[0].reshape.shape"), HasSubstr("4"),
                    HasSubstr("3")));
  const std::vector<float> without_a{NAN, 1, 1};
  EXPECT_EQ(why_not({ImputeStep{.columns = {"b"}}, StandardizeStep{.columns = {"a"}}}, without_a),
            "spec.training.preprocess[1].standardize: column \"a\" has no value in the training "
            "rows to learn from");
  EXPECT_EQ(why_not({ImputeStep{.columns = {"b", "a"}}}, without_a),
            "spec.training.preprocess[0].impute: column \"a\" has no value in the training rows to "
            "learn from");
}

TEST(Preprocessing, AStoredFileOfAnybodysIsChecked) {
  for (
      const char* wrong :
      {R"({})",
       R"({"steps": {}})",
       R"({"steps": [1]})",
       R"({"steps": [{"hash": {}}]})",
       R"({"steps": [{"standardize": {"columns": ["a"], "mean": [1]}}]})",
       R"({"steps": [{"standardize": {"columns": ["a"], "mean": [1], "deviation": [0]}}]})",
       R"({"steps": [{"standardize": {"columns": ["a"], "mean": [1, 2], "deviation": [1]}}]})",
       R"({"steps": [{"standardize": {"columns": ["z"], "mean": [1], "deviation": [1]}}]})",
       R"({"steps": [{"impute": {"columns": ["a"], "values": ["x"]}}]})",
       R"({"steps": [{"reshape": {"shape": [4611686018427387904, 4611686018427387904]}}]})",
       R"({"steps": [{"reshape": {"shape": [2]}}]})",
       R"({"steps": [{"reshape": 3}]})",
       R"({"steps": [{"minMax": {"columns": ["a"], "least": [1]}}]})",
       R"({"steps": [{"minMax": {"columns": ["a"], "least": [1], "greatest": [0]}}]})",
       R"({"steps": [{"minMax": {"columns": ["a"], "min": 1, "max": 1, "least": [0], "greatest": [1]}}]})",
       R"({"steps": [{"clip": {"columns": ["a"], "low": [1]}}]})",
       R"({"steps": [{"clip": {"columns": ["a"], "low": [1], "high": [0]}}]})",
       R"({"steps": [{"clip": {"columns": ["a"], "low": ["x"], "high": [null]}}]})",
       R"({"steps": [{"normalize": {"columns": ["a"], "divisor": 1, "mean": [0, 0], "deviation": [1, 1]}}]})",
       R"({"steps": [{"normalize": {"columns": ["a"], "divisor": 1, "mean": [], "deviation": []}}]})",
       R"({"steps": [{"normalize": {"columns": ["a"], "divisor": 1, "mean": [0], "deviation": [1e-13]}}]})",
       R"({"steps": [{"normalize": {"columns": ["a"], "divisor": 0, "mean": [0], "deviation": [1]}}]})",
       R"({"steps": [{"oneHot": {"columns": ["a"], "categories": [["b", "a"]]}}]})",
       R"({"steps": [{"oneHot": {"columns": ["a"], "categories": [[1]]}}]})",
       R"({"steps": [{"oneHot": {"columns": ["a"], "categories": [[]]}}]})",
       R"({"steps": [{"hash": {"columns": ["a"], "buckets": 0}}]})",
       R"({"steps": [{"vocabulary": {"columns": ["a"], "texts": [["b", "b"]]}}]})",
       R"({"steps": [{"vocabulary": {"columns": ["a", "a"], "texts": [["b"], ["b"]]}}]})",
       R"({"steps": [{"hash": {"columns": ["a"], "buckets": 2}}, {"clip": {"columns": ["a"], "low": [0], "high": [1]}}]})",
       R"({"steps": [{"quantile": {"columns": ["a"], "references": []}}]})",
       R"({"steps": [{"quantile": {"columns": ["a"], "references": [[]]}}]})",
       R"({"steps": [{"quantile": {"columns": ["a"], "references": [[2, 1]]}}]})",
       R"({"steps": [{"quantile": {"columns": ["a"], "references": [7]}}]})"})
    EXPECT_FALSE(Preprocessing::decode(base::parse_json(wrong).value(), kColumns)) << wrong;
}

}  // namespace
}  // namespace cresset::model
