#include "worker/train/work_together.h"

#include <gmock/gmock.h>

#include <mutex>
#include <new>

#include "tests/unit/worker/dist/ranks.h"

namespace cresset::train::work_together_test {
namespace {

using base::Result;
using testing::SizeIs;

Result<void> until_told(const std::atomic<bool>& leave) {
  while (!leave.load()) std::this_thread::yield();
  return base::fail(base::cancelled("told to leave"));
}

// What each of three ranks answers.
std::vector<Result<void>> answers(const std::function<Result<void>(dist::ProcessGroup&)>& work) {
  std::mutex mutex;
  std::vector<Result<void>> all;
  dist::as_ranks(3, [&](dist::ProcessGroup& group) {
    auto own = work(group);
    std::lock_guard lock(mutex);
    all.push_back(std::move(own));
  });
  return all;
}

TEST(WorkTogether, OfARankMayTakeLongerThanTheOthersWaitForEachOther) {
  const auto work = [](dist::ProcessGroup& group) {
    return work_together(group, nullptr, [&](const std::atomic<bool>& leave) -> Result<void> {
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
      while (group.rank() == 1 && !leave && std::chrono::steady_clock::now() < end)
        std::this_thread::yield();
      return {};
    });
  };
  dist::as_ranks(
      3,
      [&](dist::ProcessGroup& group) {
        const auto done = work(group);
        EXPECT_TRUE(done) << done.error().message();
      },
      std::chrono::seconds(3));
}

TEST(WorkTogether, EndsForAllWithTheErrorOfTheOneThatFails) {
  const auto all = answers([](dist::ProcessGroup& group) {
    return work_together(group, nullptr, [&](const std::atomic<bool>& leave) -> Result<void> {
      if (group.rank() != 1) return until_told(leave);
      return base::fail(base::not_found("b.csv is not there"));
    });
  });
  ASSERT_THAT(all, SizeIs(3));
  for (const auto& answer : all) {
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), base::not_found("b.csv is not there"));
  }
}

TEST(WorkTogether, EndsForAllWhenOneIsAskedToStop) {
  const std::atomic<bool> asked{true};
  const auto all = answers([&](dist::ProcessGroup& group) {
    return work_together(group, group.rank() == 2 ? &asked : nullptr, until_told);
  });
  ASSERT_THAT(all, SizeIs(3));
  for (const auto& answer : all) {
    ASSERT_FALSE(answer);
    EXPECT_TRUE(base::is_cancelled(answer.error()));
  }
}

TEST(WorkTogether, ThrowsWhatTheWorkThrows) {
  dist::as_ranks(1, [](dist::ProcessGroup& group) {
    const auto work = [](const std::atomic<bool>&) -> Result<void> { throw std::bad_alloc(); };
    EXPECT_THROW(static_cast<void>(work_together(group, nullptr, work)), std::bad_alloc);
  });
}

}  // namespace
}  // namespace cresset::train::work_together_test
