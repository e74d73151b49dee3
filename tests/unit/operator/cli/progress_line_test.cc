#include "operator/cli/progress_line.h"

#include <gtest/gtest.h>

namespace cresset::cli {
namespace {

TEST(ProgressLine, TellsStepEpochLossRateAndWhatIsLeft) {
  EXPECT_EQ(progress_line({.step = 120,
                           .total_steps = 400,
                           .epoch = 1,
                           .loss = 0.12345,
                           .samples_per_second = 12500,
                           .remaining_seconds = 6},
                          5),
            "step 120/400  epoch 2/5  loss 0.1235  12,500 samples/s  0:06 left");
}

TEST(ProgressLine, LeavesOutWhatIsNotKnownYet) {
  EXPECT_EQ(progress_line({.total_steps = 400}, 5), "step 0/400  epoch 1/5");
  EXPECT_EQ(progress_line({}, 1), "step 0  epoch 1/1");
}

TEST(ProgressLine, AtTheEndTheEpochIsTheLast) {
  const auto line = progress_line({.step = 400,
                                   .total_steps = 400,
                                   .epoch = 5,
                                   .samples_per_second = 10,
                                   .remaining_seconds = 0},
                                  5);
  EXPECT_NE(line.find("epoch 5/5"), std::string::npos) << line;
  EXPECT_EQ(line.find("left"), std::string::npos) << line;
}

TEST(ProgressBar, IsAsFullAsTheStepsAreDoneAndNoWiderThanTheTerminal) {
  const worker_contract::Progress progress{.step = 100, .total_steps = 400, .loss = 0.5};
  const std::string line = "step 100/400  epoch 1/5  loss 0.5000";
  EXPECT_EQ(progress_bar(progress, 5, 200), "[#######.......................]  " + line);
  EXPECT_EQ(progress_bar(progress, 5, line.size() + 4 + 12), "[###.........]  " + line);
  EXPECT_EQ(progress_bar(progress, 5, line.size() + 4 + 9), line);
  EXPECT_EQ(progress_bar(progress, 5, 8), "step 100");
}

TEST(ProgressBar, IsFullAtTheEndAndMissingBeforeTheStepsAreKnown) {
  const auto full = progress_bar({.step = 400, .total_steps = 400, .epoch = 5}, 5, 80);
  EXPECT_TRUE(full.starts_with("[" + std::string(30, '#') + "]  step 400/400")) << full;
  EXPECT_EQ(progress_bar({}, 1, 80), "step 0  epoch 1/1");
}

TEST(ClockText, HasHoursOnlyWhenThereAreAny) {
  EXPECT_EQ(clock_text(7), "0:07");
  EXPECT_EQ(clock_text(605), "10:05");
  EXPECT_EQ(clock_text(3723), "1:02:03");
}

TEST(MetricsText, NamesEach) {
  EXPECT_EQ(metrics_text({{"accuracy", 0.97123}, {"loss", 0.5}}), "accuracy 0.9712, loss 0.5000");
}

}  // namespace
}  // namespace cresset::cli
