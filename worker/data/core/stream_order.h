#pragma once
// In which order a data set that is too large to be held is learned from, when all that is known of
// it is how many rows each of its blocks has: a function of these, seed, batch size and window
// alone, so any step can be asked for at once and any number of ranks walks the same batches.
//
// In each epoch the blocks are shuffled and laid end to end; that line of rows is cut into lanes of
// equal length (but for a row), and in each lane the rows are shuffled within windows. A batch
// takes as many rows of each lane (but for one) and lies in the order of the lanes, so that a rank,
// whose part of it is contiguous, reads its own lanes and those at its ends alone. A lane goes on
// from window to window, so few blocks are needed at a time. A value; keeps the last epoch and
// windows, so not for sharing between threads. Pure.
//
//   StreamOrder order(block_rows, batch_size, window, seed);
//   for (auto [block, row] : order.rows_of(step, shard(order.batch_rows(step), rank, ranks))) …

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "worker/data/core/sharding.h"

namespace cresset::data {

class StreamOrder {
 public:
  // At most; fewer where there are few blocks or the batch is small. So many processes share the
  // reading, more of them read some rows twice.
  static constexpr int64_t kMostLanes = 8;

  struct Place {
    size_t block = 0;
    int64_t row = 0;  // of the block
    auto operator<=>(const Place&) const = default;
  };

  // Every block has a row or more, and there is one. `window`: rows of all lanes together that are
  // shuffled.
  StreamOrder(std::vector<int64_t> block_rows, int64_t batch_size, int64_t window, uint64_t seed);

  int64_t rows() const { return rows_; }
  int64_t largest_block() const { return largest_; }
  int64_t batch_rows(int64_t step) const { return batch(step).size(); }
  // Of the batch of a step (counted from 0 over all epochs) the rows at those places of it.
  std::vector<Place> rows_of(int64_t step, Range part);
  // The blocks that windows of these rows are of, each once, ascending.
  std::vector<size_t> blocks_of(int64_t step, Range part);
  // All blocks that blocks_of() says of any step have no more rows than this together.
  int64_t most_rows_at_once() const;

 private:
  // Rows of a lane that are shuffled together, in the line of all rows.
  struct Window {
    int64_t number = -1;
    std::vector<int64_t> order;
  };

  Range batch(int64_t step) const;
  void begin_epoch(int64_t epoch);
  // Calls visit(lane, rows of the lane) for what `part` of the batch is.
  template <typename Visit>
  void visit_lanes(int64_t step, Range part, const Visit& visit) const;
  // Where in the line a row of a lane stands after shuffling.
  int64_t shuffled(int64_t lane, int64_t row);
  size_t block_at(int64_t row_in_line) const;  // counted in the shuffled order

  std::vector<int64_t> block_rows_;
  int64_t rows_ = 0;
  int64_t largest_ = 0;  // block
  int64_t batch_size_;
  int64_t lanes_;
  int64_t window_;  // rows of one lane
  uint64_t seed_;

  int64_t epoch_ = -1;
  std::vector<int64_t> blocks_;  // in the order of the epoch
  std::vector<int64_t> ends_;    // in the line, of each of them
  std::vector<Window> windows_;  // the last one of each lane
};

}  // namespace cresset::data
