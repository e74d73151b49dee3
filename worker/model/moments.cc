#include "worker/model/moments.h"

#include <algorithm>
#include <cmath>

#include "worker/cpu/rows.h"

namespace cresset::model {

namespace {
constexpr int64_t kBlockRows = 256;
constexpr size_t kNumbers = 6;  // a column, packed
}  // namespace

double ColumnMoments::deviation() const { return count > 0 ? std::sqrt(squares / count) : 0; }

void ColumnMoments::merge(const ColumnMoments& other) {
  missing += other.missing;
  least = std::min(least, other.least);
  greatest = std::max(greatest, other.greatest);
  if (other.count == 0) return;
  const double total = count + other.count;
  const double difference = other.mean - mean;
  mean += difference * (other.count / total);
  squares += other.squares + difference * difference * (count * other.count / total);
  count = total;
}

void ColumnMoments::fill(double value) {
  const ColumnMoments filled{.count = missing, .mean = value, .least = value, .greatest = value};
  if (missing == 0) return;
  missing = 0;
  merge(filled);
}

void Moments::add(const float* rows, int64_t count) {
  const size_t width = columns_.size();
  for (int64_t first = 0; first < count; first += kBlockRows) {
    const int64_t size = std::min(kBlockRows, count - first);
    const float* block = rows + first * static_cast<int64_t>(width);
    std::vector<double> present(width), mean(width), squares(width);
    const ColumnMoments none;
    std::vector<float> least(width, static_cast<float>(none.least)),
        greatest(width, static_cast<float>(none.greatest));
    cpu::add_present(block, size, width, present.data(), mean.data());
    cpu::add_extremes(block, size, width, least.data(), greatest.data());
    for (size_t c = 0; c < width; ++c) mean[c] = present[c] > 0 ? mean[c] / present[c] : 0;
    cpu::add_squares(block, size, width, mean.data(), squares.data());
    for (size_t c = 0; c < width; ++c)
      columns_[c].merge({present[c], static_cast<double>(size) - present[c], mean[c], squares[c],
                         least[c], greatest[c]});
  }
}

void Moments::merge(const Moments& other) {
  for (size_t c = 0; c < columns_.size(); ++c) columns_[c].merge(other.columns_[c]);
}

std::vector<double> Moments::pack() const {
  std::vector<double> packed;
  packed.reserve(columns_.size() * kNumbers);
  for (const auto& column : columns_)
    packed.insert(packed.end(), {column.count, column.missing, column.mean, column.squares,
                                 column.least, column.greatest});
  return packed;
}

Moments Moments::unpack(std::span<const double> packed) {
  Moments moments(packed.size() / kNumbers);
  for (size_t c = 0; c < moments.columns_.size(); ++c) {
    const auto numbers = packed.subspan(c * kNumbers, kNumbers);
    moments.columns_[c] = {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]};
  }
  return moments;
}

}  // namespace cresset::model
