#include "worker/train/core/checkpoint_name.h"

#include <gmock/gmock.h>

namespace cresset::train {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CheckpointName, IsWrittenAndReadBack) {
  EXPECT_EQ(to_string({.round = 3, .step = 150}), "150-r3");
  EXPECT_EQ(parse_checkpoint_name("150-r3"), (CheckpointName{.round = 3, .step = 150}));
}

TEST(CheckpointName, OtherTextsAreNone) {
  for (const char* text :
       {"", "150", "150-r", "-r3", "150-r3x", "x150-r3", "-1-r3", "150-r-3", "1.5-r3", "150_r3"})
    EXPECT_EQ(parse_checkpoint_name(text), std::nullopt) << text;
}

TEST(CheckpointName, TheHighestRoundCountsMoreThanTheHighestStep) {
  EXPECT_THAT(newest_first({"900-r1", "100-r2", "tmp", "150-r2"}),
              ElementsAre(CheckpointName{2, 150}, CheckpointName{2, 100}, CheckpointName{1, 900}));
}

TEST(CheckpointName, AllButTheNewestAreSuperseded) {
  EXPECT_THAT(superseded({"900-r1", "100-r2", "150-r2"}, 2), ElementsAre(CheckpointName{1, 900}));
  EXPECT_THAT(superseded({"900-r1", "100-r2"}, 2), IsEmpty());
  EXPECT_THAT(superseded({"100-r2", "50-r2"}, 0), ElementsAre(CheckpointName{2, 50}));
}

}  // namespace
}  // namespace cresset::train
