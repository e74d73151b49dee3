#include "worker/serve/core/request_queue.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/worker/serve/core/fakes.h"

namespace cresset::serve {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using testing::Answers;
using testing::pending_of;

class RequestQueueTest : public ::testing::Test {
 protected:
  Pending request(std::vector<float> row = {1, 2}) { return pending_of(row, answers_.waiter(0)); }
  base::Result<void> push(RequestQueue& queue) {
    auto pending = request();
    return queue.push(pending);
  }

  base::ManualClock clock_;
  Answers answers_;
  BatchLimits limits_{.max_rows = 4, .max_delay = milliseconds(2)};
};

TEST_F(RequestQueueTest, OverItsBoundAPushIsRefusedWithTheBound) {
  RequestQueue queue(limits_, 2, clock_);
  EXPECT_TRUE(push(queue));
  EXPECT_TRUE(push(queue));
  auto third = request();
  const auto refused = queue.push(third);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), base::ErrorKind::kExhausted);
  EXPECT_NE(refused.error().message().find("2 are allowed"), std::string::npos);
  EXPECT_NE(third.waiter, nullptr) << "the waiter stays with the caller";
}

TEST_F(RequestQueueTest, AfterCloseWhatIsLeftComesOutAndNothingGoesIn) {
  RequestQueue queue(limits_, 16, clock_);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(push(queue));
  queue.close();
  EXPECT_FALSE(push(queue));
  EXPECT_EQ(queue.take().batch.size(), 4u);
  EXPECT_EQ(queue.take().batch.size(), 2u);
  EXPECT_TRUE(queue.take().closed);
}

TEST_F(RequestQueueTest, ARequestWhoseDeadlinePassedComesOutAsExpired) {
  RequestQueue queue(limits_, 16, clock_);
  auto late = request();
  late.queued.deadline = clock_.mono() + milliseconds(1);
  EXPECT_TRUE(queue.push(late));
  EXPECT_TRUE(push(queue));
  clock_.advance(milliseconds(1));
  const auto taken = queue.take();
  EXPECT_EQ(taken.expired.size(), 1u);
  EXPECT_EQ(taken.batch.size(), 1u);
}

TEST_F(RequestQueueTest, AWaitingTakeIsEndedByTheRequestsItHopedFor) {
  RequestQueue queue(limits_, 16, clock_);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(push(queue));
  EXPECT_EQ(queue.take().batch.size(), 3u);  // three are now expected
  EXPECT_TRUE(push(queue));
  Taken taken;
  std::thread taker([&] { taken = queue.take(); });
  EXPECT_TRUE(push(queue));
  EXPECT_TRUE(push(queue));
  taker.join();
  EXPECT_EQ(taken.batch.size(), 3u);
}

}  // namespace
}  // namespace cresset::serve
