#include "worker/data/core/stream_order.h"

#include <algorithm>
#include <numeric>

namespace cresset::data {

namespace {

constexpr uint64_t kBlocks = 0x626c6f636b73;  // keep the numbers of blocks and of windows apart
constexpr uint64_t kWindows = 0x77696e646f7773;
constexpr int64_t kBlocksOfLane =
    4;  // at least, since a block at the end of two lanes is read twice

int64_t divide_up(int64_t number, int64_t by) { return number <= 0 ? 0 : (number - 1) / by + 1; }

}  // namespace

StreamOrder::StreamOrder(std::vector<int64_t> block_rows, int64_t batch_size, int64_t window,
                         uint64_t seed)
    : block_rows_(std::move(block_rows)),
      rows_(std::accumulate(block_rows_.begin(), block_rows_.end(), int64_t{0})),
      largest_(*std::max_element(block_rows_.begin(), block_rows_.end())),
      batch_size_(std::min(batch_size, rows_)),
      lanes_(std::clamp<int64_t>(static_cast<int64_t>(block_rows_.size()) / kBlocksOfLane, 1,
                                 std::min(kMostLanes, batch_size_))),
      // What a batch takes of a lane is then of two windows at most.
      window_(std::max(divide_up(window, lanes_), divide_up(batch_size_, lanes_))),
      seed_(seed),
      windows_(static_cast<size_t>(lanes_)) {}

Range StreamOrder::batch(int64_t step) const {
  const int64_t begin = step % divide_up(rows_, batch_size_) * batch_size_;
  return {begin, std::min(begin + batch_size_, rows_)};
}

void StreamOrder::begin_epoch(int64_t epoch) {
  if (epoch == epoch_) return;
  epoch_ = epoch;
  const uint64_t seed = mix(mix(seed_, kBlocks), static_cast<uint64_t>(epoch));
  blocks_ = permutation(static_cast<int64_t>(block_rows_.size()), seed);
  ends_.clear();
  int64_t end = 0;
  for (const int64_t block : blocks_)
    ends_.push_back(end += block_rows_[static_cast<size_t>(block)]);
  for (auto& window : windows_) window.number = -1;
}

// Rows are dealt to the lanes in turn: the i-th of an epoch is row i / lanes of lane i % lanes.
template <typename Visit>
void StreamOrder::visit_lanes(int64_t step, Range part, const Visit& visit) const {
  const Range whole = batch(step);
  int64_t before = 0;  // rows of the batch that are of the lanes before
  for (int64_t lane = 0; lane < lanes_; ++lane) {
    const int64_t begin = divide_up(whole.begin - lane, lanes_);
    const int64_t size = divide_up(whole.end - lane, lanes_) - begin;
    const int64_t from = std::clamp<int64_t>(part.begin - before, 0, size);
    const int64_t to = std::clamp<int64_t>(part.end - before, 0, size);
    if (from < to) visit(lane, Range{begin + from, begin + to});
    before += size;
  }
}

int64_t StreamOrder::shuffled(int64_t lane, int64_t row) {
  const Range in_line = shard(rows_, lane, lanes_);
  const int64_t number = row / window_;
  auto& window = windows_[static_cast<size_t>(lane)];
  if (window.number != number) {
    const uint64_t epoch = mix(mix(seed_, kWindows), static_cast<uint64_t>(epoch_));
    const int64_t size = std::min(window_, in_line.size() - number * window_);
    window.number = number;
    window.order = permutation(
        size, mix(mix(epoch, static_cast<uint64_t>(lane)), static_cast<uint64_t>(number)));
  }
  return in_line.begin + number * window_ + window.order[static_cast<size_t>(row % window_)];
}

size_t StreamOrder::block_at(int64_t row_in_line) const {
  return static_cast<size_t>(std::upper_bound(ends_.begin(), ends_.end(), row_in_line) -
                             ends_.begin());
}

std::vector<StreamOrder::Place> StreamOrder::rows_of(int64_t step, Range part) {
  begin_epoch(step / divide_up(rows_, batch_size_));
  std::vector<Place> places;
  places.reserve(static_cast<size_t>(part.size()));
  visit_lanes(step, part, [&](int64_t lane, Range rows) {
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      const int64_t at = shuffled(lane, row);
      const size_t place = block_at(at);
      const auto block = static_cast<size_t>(blocks_[place]);
      places.push_back({block, at - ends_[place] + block_rows_[block]});
    }
  });
  return places;
}

std::vector<size_t> StreamOrder::blocks_of(int64_t step, Range part) {
  begin_epoch(step / divide_up(rows_, batch_size_));
  std::vector<size_t> found;
  visit_lanes(step, part, [&](int64_t lane, Range rows) {
    const Range in_line = shard(rows_, lane, lanes_);
    const int64_t begin = rows.begin / window_ * window_;
    const int64_t end = std::min(divide_up(rows.end, window_) * window_, in_line.size());
    for (size_t place = block_at(in_line.begin + begin); place <= block_at(in_line.begin + end - 1);
         ++place)
      found.push_back(static_cast<size_t>(blocks_[place]));
  });
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

int64_t StreamOrder::most_rows_at_once() const {
  return std::min(rows_, lanes_ * (2 * window_ + 2 * (largest_ - 1)));
}

}  // namespace cresset::data
