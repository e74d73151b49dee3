#include "worker/serve/core/batcher.h"

#include <gtest/gtest.h>

#include <latch>

#include "tests/unit/worker/serve/core/fakes.h"

namespace cresset::serve {
namespace {

using std::chrono::milliseconds;
using testing::Answers;
using testing::pending_of;
using testing::SumSession;

class BatcherTest : public ::testing::Test {
 protected:
  std::unique_ptr<Batcher> batcher(size_t max_queue = 64) {
    return std::make_unique<Batcher>(session_, BatcherOptions{limits_, max_queue}, clock_, load_,
                                     counted_);
  }
  void submit(Batcher& batcher, size_t index, const std::vector<float>& rows) {
    auto pending = pending_of(rows, answers_.waiter(index));
    ASSERT_TRUE(batcher.submit(pending));
  }
  // Holds the first batch inside the session until released, so that the rest must queue.
  void hold_first_batch() {
    session_.before_first_run = [this] {
      entered_.count_down();
      release_.wait();
    };
  }

  base::ManualClock clock_;
  base::Metrics metrics_;
  LoadCounters load_;
  ServeMetrics counted_{metrics_, "points", "3"};
  SumSession session_;
  Answers answers_;
  BatchLimits limits_{.max_rows = 8, .max_delay = milliseconds(2)};
  std::latch entered_{1};
  std::latch release_{1};
};

TEST_F(BatcherTest, BatchedAnswersEqualThoseOfEachRowAlone) {
  hold_first_batch();
  auto batcher_under_test = batcher();
  submit(*batcher_under_test, 0, {1, 1});
  entered_.wait();
  for (size_t i = 1; i <= 20; ++i)
    submit(*batcher_under_test, i, {static_cast<float>(i), static_cast<float>(i * i)});
  release_.count_down();
  batcher_under_test->stop();
  const auto answers = answers_.wait(21);
  for (size_t i = 1; i <= 20; ++i)
    EXPECT_EQ(answers[i]->sums, std::vector<float>{static_cast<float>(i + i * i)});
  EXPECT_EQ(session_.batches, (std::vector<int64_t>{1, 8, 8, 4}));
}

TEST_F(BatcherTest, ARequestOfManyRowsRunsInSlicesAndComesBackWhole) {
  auto batcher_under_test = batcher();
  std::vector<float> rows;
  std::vector<float> sums;
  for (int i = 0; i < 19; ++i) {
    rows.insert(rows.end(), {static_cast<float>(i), 1});
    sums.push_back(static_cast<float>(i + 1));
  }
  submit(*batcher_under_test, 0, rows);
  EXPECT_EQ(answers_.wait(1)[0]->sums, sums);
  EXPECT_EQ(session_.batches, (std::vector<int64_t>{8, 8, 3}));
}

TEST_F(BatcherTest, AnExceptionFailsItsBatchAndTheNextIsServed) {
  auto batcher_under_test = batcher();
  submit(*batcher_under_test, 0, {SumSession::kPoison, 1});
  const auto first = answers_.wait(1)[0];
  ASSERT_TRUE(first->error);
  EXPECT_NE(first->error->message().find("poisoned"), std::string::npos);
  submit(*batcher_under_test, 1, {2, 3});
  EXPECT_EQ(answers_.wait(2)[1]->sums, std::vector<float>{5});
}

TEST_F(BatcherTest, AWrongRowFailsItsOwnRequestAndNotItsNeighbours) {
  hold_first_batch();
  auto batcher_under_test = batcher();
  submit(*batcher_under_test, 0, {1, 1});
  entered_.wait();
  submit(*batcher_under_test, 1, {2, 2});
  submit(*batcher_under_test, 2, {3, SumSession::kInvalid});
  submit(*batcher_under_test, 3, {4, 4});
  release_.count_down();
  batcher_under_test->stop();
  const auto answers = answers_.wait(4);
  EXPECT_EQ(answers[1]->sums, std::vector<float>{4});
  EXPECT_TRUE(answers[2]->error && base::is_invalid(*answers[2]->error));
  EXPECT_EQ(answers[3]->sums, std::vector<float>{8});
}

TEST_F(BatcherTest, StopAnswersWhatIsQueuedAndRefusesTheRest) {
  hold_first_batch();
  auto batcher_under_test = batcher();
  submit(*batcher_under_test, 0, {1, 1});
  entered_.wait();
  submit(*batcher_under_test, 1, {2, 2});
  std::thread stopper([&] { batcher_under_test->stop(); });
  release_.count_down();
  stopper.join();
  EXPECT_EQ(answers_.wait(2)[1]->sums, std::vector<float>{4});
  auto late = pending_of({1, 1}, answers_.waiter(2));
  const auto refused = batcher_under_test->submit(late);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), base::ErrorKind::kUnavailable);
}

TEST_F(BatcherTest, CountsRequestsRowsAndBatches) {
  auto batcher_under_test = batcher();
  submit(*batcher_under_test, 0, {1, 1, 2, 2, 3, 3});
  answers_.wait(1);
  batcher_under_test->stop();
  const auto load = load_.snapshot(8);
  EXPECT_EQ(load.requests_total, 1);
  EXPECT_EQ(load.rows_total, 3);
  EXPECT_EQ(load.batches_total, 1);
  EXPECT_EQ(load.queued, 0);
  const auto text = metrics_.render();
  EXPECT_NE(text.find("nv_inference_count{model=\"points\",version=\"3\"} 3"), std::string::npos)
      << text;
}

TEST_F(BatcherTest, RequestsOfDifferentShapesNeverShareABatch) {
  std::vector<Tensor> flat, wide;
  flat.push_back(testing::floats({1, 2}, {1, 2}));
  wide.push_back(testing::floats({1, 3}, {1, 2, 3}));
  std::vector<Tensor> more_rows;
  more_rows.push_back(testing::floats({2, 2}, {1, 2, 3, 4}));
  EXPECT_NE(shape_key(flat), shape_key(wide));
  EXPECT_EQ(shape_key(flat), shape_key(more_rows));
}

}  // namespace
}  // namespace cresset::serve
