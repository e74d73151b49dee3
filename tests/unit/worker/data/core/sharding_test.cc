#include "worker/data/core/sharding.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace cresset::data {
namespace {

std::vector<int64_t> all_rows(int64_t count) {
  std::vector<int64_t> rows(static_cast<size_t>(count));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

// The rows of one step, as the ranks together see them.
std::vector<int64_t> global_batch(Sampler& sampler, int64_t step, int world_size) {
  std::vector<int64_t> batch;
  for (int rank = 0; rank < world_size; ++rank) {
    const auto rows = sampler.rows_of(step, rank, world_size);
    batch.insert(batch.end(), rows.begin(), rows.end());
  }
  return batch;
}

TEST(SplitGroups, KeepsEachGroupOnOneSideByItsValueAndTheSeedAlone) {
  EXPECT_TRUE(rc::check([] {
    const auto groups =
        *rc::gen::container<std::vector<uint64_t>>(rc::gen::inRange<uint64_t>(0, 9));
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    const auto split = split_groups(groups, 0.4, seed);
    std::set<uint64_t> train, validation;
    for (const int64_t row : split.train) train.insert(groups[static_cast<size_t>(row)]);
    for (const int64_t row : split.validation) validation.insert(groups[static_cast<size_t>(row)]);
    for (const uint64_t group : train) {
      RC_ASSERT(!validation.contains(group));
      RC_ASSERT(split_groups({group}, 0.4, seed).train.size() == 1);
    }
    auto all = split.train;
    all.insert(all.end(), split.validation.begin(), split.validation.end());
    std::sort(all.begin(), all.end());
    RC_ASSERT(all == all_rows(static_cast<int64_t>(groups.size())));
  }));
}

TEST(SplitGroups, KeepsTheShareOfManyGroupsAndOtherOnesWithAnotherSeed) {
  std::vector<uint64_t> groups(20000);
  std::iota(groups.begin(), groups.end(), uint64_t{0});
  const auto split = split_groups(groups, 0.1, 3);
  EXPECT_NEAR(static_cast<double>(split.validation.size()), 2000, 130);  // three deviations
  EXPECT_NE(split_groups(groups, 0.1, 4).validation, split.validation);
}

TEST(Sampler, AnEpochHoldsEveryRowOnceWhateverTheNumberOfRanks) {
  EXPECT_TRUE(rc::check([] {
    const auto rows = *rc::gen::inRange<int64_t>(1, 500);
    const auto batch_size = *rc::gen::inRange<int64_t>(1, 600);
    const auto world_size = *rc::gen::inRange(1, 9);
    const auto epoch = *rc::gen::inRange<int64_t>(0, 3);
    Sampler sampler(rows, batch_size, *rc::gen::arbitrary<uint64_t>());
    std::vector<int64_t> seen;
    for (int64_t step = 0; step < sampler.steps_per_epoch(); ++step) {
      const auto batch =
          global_batch(sampler, epoch * sampler.steps_per_epoch() + step, world_size);
      RC_ASSERT(static_cast<int64_t>(batch.size()) == sampler.batch_rows(step));
      seen.insert(seen.end(), batch.begin(), batch.end());
    }
    std::sort(seen.begin(), seen.end());
    RC_ASSERT(seen == all_rows(rows));
  }));
}

TEST(Sampler, AnyNumberOfRanksSeesTheSameGlobalBatchesInPartsThatDifferByAtMostOne) {
  EXPECT_TRUE(rc::check([] {
    const auto rows = *rc::gen::inRange<int64_t>(1, 300);
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    const auto step = *rc::gen::inRange<int64_t>(0, 40);
    const auto world_size = *rc::gen::inRange(1, 9);
    Sampler one(rows, 32, seed), many(rows, 32, seed);
    RC_ASSERT(global_batch(one, step, 1) == global_batch(many, step, world_size));
    size_t least = 1 << 20, most = 0;
    for (int rank = 0; rank < world_size; ++rank) {
      least = std::min(least, many.rows_of(step, rank, world_size).size());
      most = std::max(most, many.rows_of(step, rank, world_size).size());
    }
    RC_ASSERT(most - least <= 1);
  }));
}

TEST(Sampler, EpochsAndSeedsGiveDifferentOrders) {
  Sampler sampler(1000, 1000, 7), other(1000, 1000, 8);
  const auto first = sampler.rows_of(0, 0, 1);
  EXPECT_NE(first, sampler.rows_of(1, 0, 1));
  EXPECT_NE(first, other.rows_of(0, 0, 1));
  EXPECT_EQ(first, sampler.rows_of(0, 0, 1));
}

TEST(Sampler, TheOrderIsTheSameOnEveryPlatform) {
  EXPECT_EQ(permutation(8, 1), (std::vector<int64_t>{4, 3, 2, 7, 5, 6, 0, 1}));
}

TEST(Split, KeepsTheFractionApartAndLosesNoRow) {
  const auto split = split_rows(1000, 0.1, 3);
  EXPECT_EQ(split.validation.size(), 100U);
  std::vector<int64_t> both(split.train);
  both.insert(both.end(), split.validation.begin(), split.validation.end());
  std::sort(both.begin(), both.end());
  EXPECT_EQ(both, all_rows(1000));
  EXPECT_EQ(split_rows(1000, 0.1, 3).validation, split.validation);
  EXPECT_NE(split_rows(1000, 0.1, 4).validation, split.validation);
}

TEST(Split, LeavesBothSidesAtLeastOneRow) {
  EXPECT_EQ(split_rows(2, 0.01, 0).validation.size(), 1U);
  EXPECT_EQ(split_rows(2, 0.99, 0).train.size(), 1U);
  EXPECT_EQ(split_rows(1, 0.5, 0).train.size(), 1U);
  EXPECT_TRUE(split_rows(100, 0, 0).validation.empty());
}

TEST(Shard, PartsAreContiguousAndAddUp) {
  int64_t at = 0;
  for (int64_t index = 0; index < 7; ++index) {
    const auto part = shard(100, index, 7);
    EXPECT_EQ(part.begin, at);
    at = part.end;
  }
  EXPECT_EQ(at, 100);
  EXPECT_EQ(shard(2, 2, 3).size(), 0);
}

}  // namespace
}  // namespace cresset::data
