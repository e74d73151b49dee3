#pragma once
// Which rows are trained on when, and by whom. The order is fixed by seed and epoch, and the global
// batches by the batch size: any number of ranks walks the same batches, each rank a part that
// differs by at most one row. No state, so any step can be asked for at once: resuming in the
// middle of an epoch is asking for the next step. Pure; the random numbers are our own (SplitMix64
// and a Fisher-Yates shuffle), the same on every platform.

#include <cstdint>
#include <vector>

namespace cresset::data {

struct Range {
  int64_t begin = 0;
  int64_t end = 0;
  int64_t size() const { return end - begin; }
  bool operator==(const Range&) const = default;
};
// Part `index` of `parts` of [0, total): contiguous, disjoint, adding up, sizes differing by at
// most 1.
Range shard(int64_t total, int64_t index, int64_t parts);

// A permutation of [0, count) that depends on the seed only.
std::vector<int64_t> permutation(int64_t count, uint64_t seed);
// Two numbers made one seed.
uint64_t mix(uint64_t a, uint64_t b);

struct Split {
  std::vector<int64_t> train;  // both ascending
  std::vector<int64_t> validation;
};
// `fraction` of the rows (rounded, at least one, never all when there are two) are kept for
// validation; which ones depends on the seed only.
Split split_rows(int64_t rows, double fraction, uint64_t seed);

// Rows of the same group are on the same side, which a hash of group and seed alone decides; a side
// may be empty.
Split split_groups(const std::vector<uint64_t>& groups, double fraction, uint64_t seed);

class Sampler {
 public:
  // Of `rows` training rows; the last batch of an epoch may be smaller.
  Sampler(int64_t rows, int64_t batch_size, uint64_t seed);

  int64_t rows() const { return rows_; }
  int64_t steps_per_epoch() const { return steps_per_epoch_; }
  int64_t epoch_of(int64_t step) const { return step / steps_per_epoch_; }
  // Rows in the whole batch of a step (counted from 0 over all epochs).
  int64_t batch_rows(int64_t step) const;
  // This rank's rows of it, possibly none. Not for sharing between threads (keeps the last epoch).
  std::vector<int64_t> rows_of(int64_t step, int rank, int world_size);

 private:
  Range batch(int64_t step) const;

  int64_t rows_;
  int64_t batch_size_;
  uint64_t seed_;
  int64_t steps_per_epoch_;
  int64_t order_epoch_ = -1;
  std::vector<int64_t> order_;
};

}  // namespace cresset::data
