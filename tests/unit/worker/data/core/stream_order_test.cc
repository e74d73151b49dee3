#include "worker/data/core/stream_order.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace cresset::data::stream_order_test {
namespace {

using Places = std::vector<StreamOrder::Place>;

struct Stream {
  std::vector<int64_t> block_rows;
  int64_t batch_size = 1;
  int64_t window = 1;
  uint64_t seed = 0;

  StreamOrder order() const { return {block_rows, batch_size, window, seed}; }
  int64_t rows() const { return std::accumulate(block_rows.begin(), block_rows.end(), int64_t{0}); }
  int64_t steps() const { return (rows() + batch_size - 1) / batch_size; }
};

Stream any_stream() {
  return {.block_rows = *rc::gen::nonEmpty(
              rc::gen::container<std::vector<int64_t>>(rc::gen::inRange<int64_t>(1, 30))),
          .batch_size = *rc::gen::inRange<int64_t>(1, 60),
          .window = *rc::gen::inRange<int64_t>(1, 200),
          .seed = *rc::gen::arbitrary<uint64_t>()};
}

// The rows of one step, as the ranks together see them.
Places global_batch(StreamOrder& order, int64_t step, int64_t ranks) {
  Places batch;
  for (int64_t rank = 0; rank < ranks; ++rank) {
    const auto part = order.rows_of(step, shard(order.batch_rows(step), rank, ranks));
    batch.insert(batch.end(), part.begin(), part.end());
  }
  return batch;
}

TEST(StreamOrder, AnEpochHoldsEveryRowOnceWhateverTheNumberOfRanks) {
  EXPECT_TRUE(rc::check([] {
    const Stream stream = any_stream();
    const auto epoch = *rc::gen::inRange<int64_t>(0, 3);
    const auto ranks = *rc::gen::inRange<int64_t>(1, 12);
    auto order = stream.order();
    Places seen, all;
    for (int64_t step = 0; step < stream.steps(); ++step) {
      const auto batch = global_batch(order, epoch * stream.steps() + step, ranks);
      RC_ASSERT(static_cast<int64_t>(batch.size()) ==
                std::min(stream.batch_size, stream.rows() - step * stream.batch_size));
      seen.insert(seen.end(), batch.begin(), batch.end());
    }
    for (size_t block = 0; block < stream.block_rows.size(); ++block)
      for (int64_t row = 0; row < stream.block_rows[block]; ++row) all.push_back({block, row});
    std::sort(seen.begin(), seen.end());
    RC_ASSERT(seen == all);
  }));
}

TEST(StreamOrder, AnyStepIsTheSameForAnyNumberOfRanksAskedForAloneOrAfterOthers) {
  EXPECT_TRUE(rc::check([] {
    const Stream stream = any_stream();
    const auto step = *rc::gen::inRange<int64_t>(0, 4 * stream.steps());
    const auto ranks = *rc::gen::inRange<int64_t>(1, 12);
    auto alone = stream.order(), walked = stream.order();
    for (int64_t before = std::max<int64_t>(0, step - 5); before < step; ++before)
      global_batch(walked, before, ranks);
    RC_ASSERT(global_batch(walked, step, ranks) == global_batch(alone, step, 1));
  }));
}

TEST(StreamOrder, TheBlocksOfAPartHoldItsRowsAndAreNeverMoreRowsThanIsSaid) {
  EXPECT_TRUE(rc::check([] {
    const Stream stream = any_stream();
    const auto ranks = *rc::gen::inRange<int64_t>(1, 5);
    auto order = stream.order();
    for (int64_t step = 0; step < 2 * stream.steps(); ++step)
      for (int64_t rank = 0; rank < ranks; ++rank) {
        const Range part = shard(order.batch_rows(step), rank, ranks);
        const auto blocks = order.blocks_of(step, part);
        RC_ASSERT(std::is_sorted(blocks.begin(), blocks.end()));
        int64_t rows = 0;
        for (const size_t block : blocks) rows += stream.block_rows[block];
        RC_ASSERT(rows <= order.most_rows_at_once());
        for (const auto& place : order.rows_of(step, part))
          RC_ASSERT(std::binary_search(blocks.begin(), blocks.end(), place.block));
      }
  }));
}

TEST(StreamOrder, EpochsAndSeedsHaveOrdersOfTheirOwn) {
  const Stream stream{std::vector<int64_t>(40, 25), 100, 200, 7};
  auto order = stream.order();
  const auto first = global_batch(order, 0, 1);
  EXPECT_NE(global_batch(order, stream.steps(), 1), first);
  StreamOrder other(stream.block_rows, 100, 200, 8);
  EXPECT_NE(global_batch(other, 0, 1), first);
}

TEST(StreamOrder, ABatchMixesBlocksFromAllOverTheData) {
  const Stream stream{std::vector<int64_t>(400, 25), 64, 800, 1};
  auto order = stream.order();
  std::map<size_t, int> rows;
  for (const auto& place : global_batch(order, 3, 1)) ++rows[place.block];
  EXPECT_GT(rows.size(), 24U) << "8 lanes × windows of 100 rows, which are 4 blocks or 5";
}

TEST(StreamOrder, ARankReadsItsShareOfTheBlocksAndTheOnesAtItsEnds) {
  const Stream stream{std::vector<int64_t>(800, 10), 64, 400, 1};
  auto order = stream.order();
  std::vector<size_t> read;
  for (int64_t step = 0; step < stream.steps(); ++step) {
    const auto blocks = order.blocks_of(step, shard(order.batch_rows(step), 1, 4));
    read.insert(read.end(), blocks.begin(), blocks.end());
  }
  std::sort(read.begin(), read.end());
  read.erase(std::unique(read.begin(), read.end()), read.end());
  EXPECT_THAT(read.size(), testing::AllOf(testing::Ge(200U), testing::Le(204U))) << "of 800";
}

TEST(StreamOrder, OneBlockIsOneLaneThatIsShuffledInWindows) {
  StreamOrder order({1000}, 10, 50, 3);
  std::vector<int64_t> rows;
  for (int64_t step = 0; step < 5; ++step)
    for (const auto& place : global_batch(order, step, 1)) rows.push_back(place.row);
  EXPECT_FALSE(std::is_sorted(rows.begin(), rows.end()));
  std::sort(rows.begin(), rows.end());
  std::vector<int64_t> first(50);
  std::iota(first.begin(), first.end(), int64_t{0});
  EXPECT_EQ(rows, first);
}

}  // namespace
}  // namespace cresset::data::stream_order_test
