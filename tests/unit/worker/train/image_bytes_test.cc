#include "worker/train/image_bytes.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "worker/train/kept_rows.h"
#include "worker/train/training_data.h"

namespace cresset::train::image_bytes_test {
namespace {

using worker_contract::NormalizeStep;
using worker_contract::PreprocessStep;

constexpr int64_t kRows = 600;  // more than are looked at together
constexpr size_t kWidth = 3 * 4 * 5;

std::vector<std::string> columns() {
  std::vector<std::string> names;
  for (size_t c = 0; c < kWidth; ++c) names.push_back("p" + std::to_string(c));
  return names;
}

data::Table pixels() {
  data::Table table;
  table.columns = columns();
  table.rows = kRows;
  for (size_t i = 0; i < kRows * kWidth; ++i)
    table.values.push_back(static_cast<float>(i * 7 % 256));
  table.labels.resize(kRows);
  table.classes.numbers = {0};
  return table;
}

const NormalizeStep kOfImageNet{.columns = {"*"},
                                .channels = {{0.485, 0.229}, {0.456, 0.224}, {0.406, 0.225}}};

model::Preprocessing fitted(std::vector<PreprocessStep> steps, const data::Table& table) {
  steps.push_back(worker_contract::ReshapeStep{{3, 4, 5}});
  auto bound = model::Preprocessing::bind(steps, table.columns, "steps").value();
  model::Summaries summaries(bound.counted());
  summaries.add(table.values.data(), table.rows);
  EXPECT_TRUE(bound.fit(summaries));
  return bound;
}

// What those steps make of the table, as bytes if they can be held so.
Samples held(const std::vector<PreprocessStep>& steps, const data::Table& table) {
  const auto preprocessing = fitted(steps, table);
  auto samples = prepare_samples(table, preprocessing, {}).value();
  hold_as_bytes(samples, preprocessing);
  return samples;
}

TEST(ImageBytes, GiveTheFloatsThatPreprocessingMade) {
  const auto numbers = at::tensor({599, 0, 255, 256, 3, 3}, at::kLong);
  for (const auto& steps : {std::vector<PreprocessStep>{kOfImageNet}, {}}) {
    const auto whole = prepare_samples(pixels(), fitted(steps, pixels()), {}).value();
    const auto samples = held(steps, pixels());
    ASSERT_TRUE(samples.images);
    EXPECT_FALSE(samples.inputs.defined());
    EXPECT_EQ(samples.table.values.capacity(), 0U);
    EXPECT_TRUE(samples.images->rows(numbers).equal(whole.inputs.index_select(0, numbers)));
  }
}

TEST(ImageBytes, AreNotHeldOfWhatIsNoByteOrIsDoneMoreTo) {
  const auto preprocessing = fitted({kOfImageNet}, pixels());
  for (const float other : {0.5F, 256.0F, -1.0F}) {
    auto table = pixels();
    table.values.back() = other;
    auto samples = prepare_samples(table, preprocessing, {}).value();
    hold_as_bytes(samples, preprocessing);
    EXPECT_FALSE(samples.images) << other;
    EXPECT_EQ(samples.inputs.size(0), kRows);
  }
  const auto missing = at::full({1, 3, 4, 5}, NAN);
  EXPECT_FALSE(ImageBytes::of(missing, preprocessing.channels()));
  const worker_contract::StandardizeStep standardize{.columns = {"*"}};
  const NormalizeStep some{.columns = {"p0", "p1", "p2"}, .channels = {{}, {}, {}}};
  const NormalizeStep one{.columns = {"*"}, .channels = {{0.5, 0.5}}};
  EXPECT_FALSE(held({standardize}, pixels()).images);
  EXPECT_FALSE(held({kOfImageNet, standardize}, pixels()).images);
  EXPECT_FALSE(held({some}, pixels()).images);
  EXPECT_FALSE(held({one}, pixels()).images);
  EXPECT_TRUE(held({kOfImageNet}, pixels()).images);
}

TEST(ImageBytes, ABatchOfThemIsThatOfTheFloats) {
  const auto group = dist::join_group({}).value();
  worker_contract::TrainingSpec spec;
  spec.batch_size = 64;
  const auto whole = prepare_samples(pixels(), fitted({kOfImageNet}, pixels()), {}).value();
  const auto samples = held({kOfImageNet}, pixels());
  KeptRows floats(spec, whole, *group), bytes(spec, samples, *group);
  for (const int64_t step : {0, 3}) {
    const auto own = floats.begin(step).value();
    ASSERT_EQ(bytes.begin(step).value(), own);
    EXPECT_TRUE(bytes.inputs(5, own - 5).equal(floats.inputs(5, own - 5)));
    EXPECT_TRUE(bytes.targets(0, own).equal(floats.targets(0, own)));
  }
  Divergence of_floats, of_bytes;
  ASSERT_TRUE(floats.find_outstanding(3, of_floats));
  ASSERT_TRUE(bytes.find_outstanding(3, of_bytes));
  EXPECT_GT(of_bytes.usual_largest, 0);
  EXPECT_EQ(of_bytes.usual_largest, of_floats.usual_largest);
}

}  // namespace
}  // namespace cresset::train::image_bytes_test
