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

Preprocessing fitted(const std::vector<PreprocessStep>& steps, const std::vector<float>& rows) {
  auto bound = Preprocessing::bind(steps, kColumns, "spec.training.preprocess");
  EXPECT_TRUE(bound) << bound.error().message();
  Moments moments(3);
  moments.add(rows.data(), static_cast<int64_t>(rows.size() / 3));
  const auto fit = bound->fit(moments);
  EXPECT_TRUE(fit) << fit.error().message();
  return *bound;
}

std::string why_not(const std::vector<PreprocessStep>& steps, const std::vector<float>& rows) {
  auto bound = Preprocessing::bind(steps, kColumns, "spec.training.preprocess");
  if (!bound) return bound.error().message();
  Moments moments(3);
  moments.add(rows.data(), static_cast<int64_t>(rows.size() / 3));
  const auto fit = bound->fit(moments);
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
                                         StandardizeStep{.columns = {"a", "b"}},
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
  for (const char* wrong :
       {R"({})", R"({"steps": {}})", R"({"steps": [1]})", R"({"steps": [{"hash": {}}]})",
        R"({"steps": [{"standardize": {"columns": ["a"], "mean": [1]}}]})",
        R"({"steps": [{"standardize": {"columns": ["a"], "mean": [1], "deviation": [0]}}]})",
        R"({"steps": [{"standardize": {"columns": ["a"], "mean": [1, 2], "deviation": [1]}}]})",
        R"({"steps": [{"standardize": {"columns": ["z"], "mean": [1], "deviation": [1]}}]})",
        R"({"steps": [{"impute": {"columns": ["a"], "values": ["x"]}}]})",
        R"({"steps": [{"reshape": {"shape": [4611686018427387904, 4611686018427387904]}}]})",
        R"({"steps": [{"reshape": {"shape": [2]}}]})", R"({"steps": [{"reshape": 3}]})"})
    EXPECT_FALSE(Preprocessing::decode(base::parse_json(wrong).value(), kColumns)) << wrong;
}

}  // namespace
}  // namespace cresset::model
