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
  LogMerge merge_{milliseconds(1000)};
  const base::MonoTime now_{};
};

TEST_F(Merging, LinesComeOutByTheirTimesOnceEachWorkerHasALaterOne) {
  merge_.open(0), merge_.open(1);
  merge_.push(0, line(1, "a"), now_);
  merge_.push(0, line(3, "c"), now_);
  EXPECT_THAT(take(now_), IsEmpty());
  merge_.push(1, line(2, "b"), now_);
  EXPECT_THAT(merge_.take(now_),
              ElementsAre(MergedLine{0, line(1, "a")}, MergedLine{1, line(2, "b")}));
  EXPECT_EQ(merge_.held(0), 1U);
  EXPECT_EQ(merge_.held(1), 0U);
}

TEST_F(Merging, AWorkerThatIsQuietIsWaitedForNoLongerThanThePatience) {
  merge_.open(0), merge_.open(1);
  merge_.push(0, line(1, "a"), now_);
  merge_.push(0, line(2, "b"), now_ + milliseconds(500));
  EXPECT_THAT(take(now_ + milliseconds(999)), IsEmpty());
  EXPECT_THAT(take(now_ + milliseconds(1000)), ElementsAre(line(1, "a")));
  EXPECT_THAT(take(now_ + milliseconds(1500)), ElementsAre(line(2, "b")));
}

TEST_F(Merging, NobodyWaitsForOneThatIsClosedAndWhatItHasComesOut) {
  merge_.open(0), merge_.open(1);
  merge_.push(1, line(2, "b"), now_);
  merge_.push(0, line(1, "a"), now_);
  merge_.close(0);
  EXPECT_THAT(take(now_), ElementsAre(line(1, "a"), line(2, "b")));
}

TEST_F(Merging, ALineWithoutATimeStaysBehindTheOneBeforeIt) {
  merge_.open(0), merge_.open(1);
  merge_.push(0, line(1, "a"), now_);
  merge_.push(0, "terminate called", now_);
  merge_.push(0, "{broken", now_);
  merge_.push(1, line(2, "b"), now_);
  EXPECT_THAT(take(now_), ElementsAre(line(1, "a"), "terminate called", "{broken"));
}

TEST_F(Merging, LinesOfOneWorkerKeepTheirOrderWhateverTheirTimes) {
  merge_.open(0);
  merge_.push(0, line(3, "first"), now_);
  merge_.push(0, line(1, "second"), now_);
  EXPECT_THAT(take(now_ + milliseconds(1000)), ElementsAre(line(3, "first"), line(1, "second")));
}

}  // namespace
}  // namespace cresset::cli::log_merge_test
