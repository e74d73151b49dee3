#include "worker/model/value_counts.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace cresset::model {

namespace {

constexpr uint32_t kSign = 0x80000000;

// Ascends with the value; that of -0 is that of 0.
uint32_t key_of(float value) {
  const auto bits = std::bit_cast<uint32_t>(value + 0.0F);
  return (bits & kSign) != 0 ? ~bits : bits | kSign;
}

float value_of(uint32_t key) {
  return std::bit_cast<float>((key & kSign) != 0 ? key & ~kSign : ~key);
}

// The middle of what a key without its lowest bits may be.
double middle(uint32_t key, int shift) {
  const uint32_t low = key << shift;
  return value_of(shift == 0 ? low : low + (uint32_t{1} << (shift - 1)));
}

double between(double a, double b, double share) {
  return share < 0.5 ? a + (b - a) * share : b - (b - a) * (1 - share);
}

}  // namespace

std::vector<double> quantiles(const std::vector<Point>& points, const std::vector<double>& shares) {
  double weight = 0;
  for (const auto& point : points) weight += point.weight;
  std::vector<double> found;
  size_t at = 0;
  double before = 0;  // rows of the points before `at`
  for (const double share : shares) {
    const double place = share * (weight - 1), whole = std::floor(place);
    while (at + 1 < points.size() && before + points[at].weight <= whole)
      before += points[at++].weight;
    const bool last = at + 1 == points.size() || whole + 1 < before + points[at].weight;
    const double next = last ? points[at].value : points[at + 1].value;
    found.push_back(between(points[at].value, next, place - whole));
  }
  return found;
}

void ValueCounts::add(float value) {
  ++counts_[key_of(value) >> shift_];
  bound();
}

void ValueCounts::merge(const ValueCounts& other) {
  if (other.shift_ > shift_) leave_out(other.shift_);
  for (const auto& [key, count] : other.counts_) counts_[key >> (shift_ - other.shift_)] += count;
  bound();
}

void ValueCounts::bound() {
  while (counts_.size() > kMostValues) leave_out(shift_ + 1);
}

void ValueCounts::leave_out(int shift) {
  std::unordered_map<uint32_t, int64_t> coarser;
  for (const auto& [key, count] : counts_) coarser[key >> (shift - shift_)] += count;
  counts_ = std::move(coarser);
  shift_ = shift;
}

std::vector<Point> ValueCounts::points(double least, double greatest) const {
  std::vector<std::pair<uint32_t, int64_t>> sorted(counts_.begin(), counts_.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<Point> points;
  points.reserve(sorted.size() + 2);
  for (const auto& [key, count] : sorted)
    points.push_back(
        {std::clamp(middle(key, shift_), least, greatest), static_cast<double>(count)});
  if (exact() || points.empty()) return points;
  points.front().weight -= 1;
  points.back().weight -= 1;
  points.insert(points.begin(), {least, 1});
  points.push_back({greatest, 1});
  return points;
}

void ValueCounts::pack(std::vector<double>& packed) const {
  packed.push_back(shift_);
  packed.push_back(static_cast<double>(counts_.size()));
  for (const auto& [key, count] : counts_) {
    packed.push_back(key);
    packed.push_back(static_cast<double>(count));
  }
}

ValueCounts ValueCounts::unpack(std::span<const double>& packed) {
  ValueCounts counts;
  counts.shift_ = static_cast<int>(packed[0]);
  const auto size = static_cast<size_t>(packed[1]);
  packed = packed.subspan(2);
  for (size_t i = 0; i < size; ++i)
    counts.counts_[static_cast<uint32_t>(packed[2 * i])] = static_cast<int64_t>(packed[2 * i + 1]);
  packed = packed.subspan(2 * size);
  return counts;
}

}  // namespace cresset::model
