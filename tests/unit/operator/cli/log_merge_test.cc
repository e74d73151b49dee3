#include "operator/cli/log_merge.h"

#include <gmock/gmock.h>

namespace cresset::cli::log_merge_test {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string line(int second, const std::string& message) {
  return R"({"time":"2026-01-01T12:00:0)" + std::to_string(second) +
         R"(.000000Z","level":"info","message":")" + message + "\"}";
}

class Merging : public ::testing::Test {
 protected:
  std::vector<std::string> take(base::MonoTime now) {
    std::vector<std::string> texts;
    for (auto& taken : merge_.take(now)) texts.push_back(std::move(taken.text));
    return texts;
  }
  void push(int source, const std::string& text, base::MonoTime now) {
    merge_.push(source, text, base::WallTime::min(), now);
  }
  LogMerge merge_{milliseconds(1000)};
  const base::MonoTime now_{};
};

TEST_F(Merging, LinesComeOutByTheirTimesOnceEachWorkerHasALaterOne) {
  merge_.open(0), merge_.open(1);
  push(0, line(1, "a"), now_);
  push(0, line(3, "c"), now_);
  EXPECT_THAT(take(now_), IsEmpty());
  push(1, line(2, "b"), now_);
  EXPECT_THAT(merge_.take(now_),
              ElementsAre(MergedLine{0, line(1, "a")}, MergedLine{1, line(2, "b")}));
}

TEST_F(Merging, AWorkerThatIsQuietIsWaitedForNoLongerThanThePatience) {
  merge_.open(0), merge_.open(1);
  push(0, line(1, "a"), now_);
  push(0, line(2, "b"), now_ + milliseconds(500));
  EXPECT_THAT(take(now_ + milliseconds(999)), IsEmpty());
  EXPECT_THAT(take(now_ + milliseconds(1000)), ElementsAre(line(1, "a")));
  EXPECT_THAT(take(now_ + milliseconds(1500)), ElementsAre(line(2, "b")));
}

TEST_F(Merging, NobodyWaitsForOneThatIsClosedAndWhatItHasComesOut) {
  merge_.open(0), merge_.open(1);
  push(1, line(2, "b"), now_);
  push(0, line(1, "a"), now_);
  merge_.close(0);
  EXPECT_THAT(take(now_), ElementsAre(line(1, "a"), line(2, "b")));
}

TEST_F(Merging, ALineWithoutATimeStaysBehindTheOneBeforeIt) {
  merge_.open(0), merge_.open(1);
  push(0, line(1, "a"), now_);
  push(0, "terminate called", now_);
  push(0, "{broken", now_);
  push(1, line(2, "b"), now_);
  EXPECT_THAT(take(now_), ElementsAre(line(1, "a"), "terminate called", "{broken"));
}

TEST_F(Merging, LinesOfOneWorkerKeepTheirOrderWhateverTheirTimes) {
  merge_.open(0);
  push(0, line(3, "first"), now_);
  push(0, line(1, "second"), now_);
  EXPECT_THAT(take(now_ + milliseconds(1000)), ElementsAre(line(3, "first"), line(1, "second")));
}

TEST_F(Merging, ALineThatTellsNoTimeHasThatAtWhichTheNodeTookIt) {
  const auto taken = *base::parse_time("2026-01-01T12:00:03Z");
  merge_.open(0), merge_.open(1);
  merge_.push(0, "of a library", taken, now_);
  merge_.push(0, line(5, "e"), taken, now_);
  merge_.push(1, line(2, "b"), taken, now_);
  merge_.push(1, line(4, "d"), taken, now_);
  EXPECT_THAT(take(now_), ElementsAre(line(2, "b"), "of a library", line(4, "d")));
}

TEST_F(Merging, OfAWorkerAThousandLinesOrAMebibyteAreHeld) {
  merge_.open(0), merge_.open(1);
  for (int i = 0; i < 999; ++i) push(0, "", now_);
  EXPECT_FALSE(merge_.is_full(0));
  push(0, "", now_);
  EXPECT_TRUE(merge_.is_full(0));
  push(1, std::string((1 << 20) - 1, 'x'), now_);
  EXPECT_FALSE(merge_.is_full(1));
  push(1, "x", now_);
  EXPECT_TRUE(merge_.is_full(1));
  merge_.close(0), merge_.close(1);
  EXPECT_EQ(take(now_).size(), 1002U);
  EXPECT_FALSE(merge_.is_full(0) || merge_.is_full(1));
}

}  // namespace
}  // namespace cresset::cli::log_merge_test
