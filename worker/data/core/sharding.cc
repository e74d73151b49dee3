#include "worker/data/core/sharding.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cresset::data {

namespace {

constexpr uint64_t kSplitStream = 0x73706c6974;  // keeps the split's numbers apart from the epochs'

class SplitMix {
 public:
  explicit SplitMix(uint64_t seed) : state_(seed) {}

  uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // Uniform in [0, bound): values of the uneven rest are drawn again.
  uint64_t below(uint64_t bound) {
    const uint64_t least = -bound % bound;
    uint64_t value = next();
    while (value < least) value = next();
    return value % bound;
  }

 private:
  uint64_t state_;
};

}  // namespace

Range shard(int64_t total, int64_t index, int64_t parts) {
  const int64_t size = total / parts, rest = total % parts;
  const int64_t begin = index * size + std::min(index, rest);
  return {begin, begin + size + (index < rest ? 1 : 0)};
}

std::vector<int64_t> permutation(int64_t count, uint64_t seed) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  SplitMix random(seed);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

uint64_t mix(uint64_t a, uint64_t b) { return SplitMix(SplitMix(a).next() ^ b).next(); }

Split split_rows(int64_t rows, double fraction, uint64_t seed) {
  Split split;
  auto kept = static_cast<int64_t>(std::llround(static_cast<double>(rows) * fraction));
  if (fraction > 0 && rows > 1) kept = std::clamp<int64_t>(kept, 1, rows - 1);
  if (fraction <= 0 || rows < 2) kept = 0;
  auto order = permutation(rows, mix(seed, kSplitStream));
  split.validation.assign(order.begin(), order.begin() + kept);
  split.train.assign(order.begin() + kept, order.end());
  std::sort(split.validation.begin(), split.validation.end());
  std::sort(split.train.begin(), split.train.end());
  return split;
}

Split split_groups(const std::vector<uint64_t>& groups, double fraction, uint64_t seed) {
  Split split;
  const uint64_t stream = mix(seed, kSplitStream);
  for (size_t row = 0; row < groups.size(); ++row) {
    const double place = std::ldexp(static_cast<double>(mix(stream, groups[row]) >> 11), -53);
    (place < fraction ? split.validation : split.train).push_back(static_cast<int64_t>(row));
  }
  return split;
}

Sampler::Sampler(int64_t rows, int64_t batch_size, uint64_t seed)
    : rows_(rows),
      batch_size_(std::min(batch_size, std::max<int64_t>(rows, 1))),
      seed_(seed),
      steps_per_epoch_(std::max<int64_t>((rows + batch_size_ - 1) / batch_size_, 1)) {}

Range Sampler::batch(int64_t step) const {
  const int64_t begin = step % steps_per_epoch_ * batch_size_;
  return {begin, std::min(begin + batch_size_, rows_)};
}

int64_t Sampler::batch_rows(int64_t step) const { return batch(step).size(); }

std::vector<int64_t> Sampler::rows_of(int64_t step, int rank, int world_size) {
  if (epoch_of(step) != order_epoch_) {
    order_epoch_ = epoch_of(step);
    order_ = permutation(rows_, mix(seed_, static_cast<uint64_t>(order_epoch_)));
  }
  const Range whole = batch(step);
  const Range part = shard(whole.size(), rank, world_size);
  return {order_.begin() + whole.begin + part.begin, order_.begin() + whole.begin + part.end};
}

}  // namespace cresset::data
