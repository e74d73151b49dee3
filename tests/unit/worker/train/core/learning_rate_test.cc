// Each schedule against what PyTorch's own does, by the table that
// tests/bench/references/optimizers.py printed.
#include "worker/train/core/learning_rate.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <fstream>

namespace cresset::train {
namespace {

using base::Json;
using worker_contract::ScheduleSpec;

Json rows() {
  const char* root = std::getenv("CRESSET_SOURCE_DIR");
  std::ifstream file(std::string(root == nullptr ? "." : root) +
                     "/tests/bench/references/optimizers.json");
  return base::parse_json(std::string(std::istreambuf_iterator<char>(file), {}))
      .value()["schedules"];
}

TEST(LearningRate, IsPyTorchsAtEachStepToTheLastPrintedDigit) {
  for (const auto& row : rows()) {
    const auto schedule = worker_contract::decode_schedule(row["spec"], "schedule");
    ASSERT_TRUE(schedule) << schedule.error().message();
    const auto total = static_cast<int64_t>(row["rates"].size());
    for (int64_t step = 0; step < total; ++step) {
      const double theirs = row["rates"][static_cast<size_t>(step)].get<double>();
      EXPECT_NEAR(learning_rate(*schedule, row["learningRate"].get<double>(), step, total), theirs,
                  1e-9 * std::max(1e-3, theirs))
          << row["spec"] << " step " << step;
    }
  }
}

TEST(LearningRate, AFractionOfTheStepsWarmsUpAsThatManyStepsDo) {
  const ScheduleSpec by_fraction{.name = "Cosine", .warmup_fraction = 0.05},
      by_steps{.name = "Cosine", .warmup_steps = 6};  // 5 % of 101 are begun, not done
  for (int64_t step = 0; step < 101; ++step)
    EXPECT_EQ(learning_rate(by_fraction, 0.1, step, 101), learning_rate(by_steps, 0.1, step, 101));
}

TEST(LearningRate, IsANumberAboveZeroInTheShortestRunsToo) {
  for (const char* name : {"Constant", "Step", "Cosine", "OneCycle"})
    for (const int64_t total : {1, 2, 3})
      for (int64_t step = 0; step < total; ++step) {
        const double rate =
            learning_rate({.name = name, .warmup_steps = 2, .step_size = 1}, 0.1, step, total);
        EXPECT_TRUE(rate > 0 && rate <= 0.1) << name << " " << step << " of " << total << rate;
      }
}

}  // namespace
}  // namespace cresset::train
