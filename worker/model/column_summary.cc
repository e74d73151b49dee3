#include "worker/model/column_summary.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

namespace cresset::model {

namespace {

// Points that a step gave the same value are one.
void join_equal(std::vector<Point>& points) {
  size_t last = 0;
  for (size_t i = 1; i < points.size(); ++i)
    if (points[i].value == points[last].value)
      points[last].weight += points[i].weight;
    else
      points[++last] = points[i];
  if (!points.empty()) points.resize(last + 1);
}

void count_texts(const data::TextColumn& column, const float* rows, size_t count, size_t width,
                 TextCounts& counts) {
  std::vector<int64_t> found(column.texts.size());
  for (size_t row = 0; row < count; ++row) {
    const float place = rows[row * width + column.column];
    if (!std::isnan(place)) ++found[static_cast<size_t>(place)];
  }
  for (size_t i = 0; i < found.size(); ++i)
    if (found[i] > 0) counts[column.texts[i]] += found[i];
}

}  // namespace

double ColumnSummary::quantile(double share) const { return quantiles(*points, {share}).front(); }

double ColumnSummary::most_frequent() const {
  return std::max_element(
             points->begin(), points->end(),
             [](const Point& one, const Point& other) { return one.weight < other.weight; })
      ->value;
}

void ColumnSummary::fill(double filling) {
  const auto value = static_cast<float>(filling);
  if (points && moments.missing > 0) {
    const auto at =
        std::lower_bound(points->begin(), points->end(), value,
                         [](const Point& point, float filled) { return point.value < filled; });
    if (at != points->end() && at->value == value)
      at->weight += moments.missing;
    else
      points->insert(at, {value, moments.missing});
  }
  moments.fill(value);
}

void ColumnSummary::scale(double shift, double scale) {
  const auto scaled = [&](double value) {
    return (static_cast<float>(value) - static_cast<float>(shift)) * static_cast<float>(scale);
  };
  moments.mean = (moments.mean - shift) * scale;
  moments.squares *= scale * scale;
  moments.least = scaled(moments.least);
  moments.greatest = scaled(moments.greatest);
  if (!points) return;
  for (auto& point : *points) point.value = scaled(point.value);
  join_equal(*points);
}

void ColumnSummary::bend(const std::function<double(double)>& bend) {
  if (moments.count == 0) return;
  const auto bent = [&](double value) { return static_cast<float>(bend(value)); };
  moments.least = bent(moments.least);
  moments.greatest = bent(moments.greatest);
  if (!points) return;
  double sum = 0;
  for (auto& point : *points) {
    point.value = bent(point.value);
    sum += point.value * point.weight;
  }
  join_equal(*points);
  moments.mean = sum / moments.count;
  moments.squares = 0;
  for (const auto& point : *points)
    moments.squares += (point.value - moments.mean) * (point.value - moments.mean) * point.weight;
}

Summaries::Summaries(std::vector<bool> counted, std::set<size_t> texts)
    : counted_(std::move(counted)),
      moments_(counted_.size()),
      counts_(static_cast<size_t>(std::count(counted_.begin(), counted_.end(), true))) {
  for (const size_t column : texts) texts_[column];
}

void Summaries::add(const float* rows, int64_t count, const std::vector<data::TextColumn>& texts) {
  moments_.add(rows, count);
  const size_t width = counted_.size();
  for (const auto& column : texts)
    if (const auto at = texts_.find(column.column); at != texts_.end())
      count_texts(column, rows, static_cast<size_t>(count), width, at->second);
  auto counts = counts_.begin();
  for (size_t c = 0; c < width; ++c) {
    if (!counted_[c]) continue;
    for (int64_t row = 0; row < count; ++row) {
      const float value = rows[static_cast<size_t>(row) * width + c];
      if (!std::isnan(value)) counts->add(value);
    }
    ++counts;
  }
}

void Summaries::merge(const Summaries& other) {
  moments_.merge(other.moments_);
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i].merge(other.counts_[i]);
  for (const auto& [column, counts] : other.texts_)
    for (const auto& [text, count] : counts) texts_[column][text] += count;
}

const TextCounts& Summaries::texts(size_t column) const {
  static const TextCounts kNone;
  const auto found = texts_.find(column);
  return found != texts_.end() ? found->second : kNone;
}

ColumnSummary Summaries::column(size_t index) const {
  ColumnSummary column{.moments = moments_.columns()[index], .points = {}};
  if (!counted_[index]) return column;
  const auto before =
      std::count(counted_.begin(), counted_.begin() + static_cast<long>(index), true);
  const auto& counts = counts_[static_cast<size_t>(before)];
  column.points = counts.points(column.moments.least, column.moments.greatest);
  column.exact = counts.exact();
  return column;
}

std::string Summaries::pack() const {
  auto packed = moments_.pack();
  for (const auto& counts : counts_) counts.pack(packed);
  std::string bytes(reinterpret_cast<const char*>(packed.data()), packed.size() * sizeof(double));
  const auto append = [&](int64_t number) {
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  for (const auto& [column, counts] : texts_)
    for (const auto& [text, count] : counts) {
      append(static_cast<int64_t>(column));
      append(count);
      append(static_cast<int64_t>(text.size()));
      bytes += text;
    }
  const auto numbers = static_cast<int64_t>(packed.size());
  return std::string(reinterpret_cast<const char*>(&numbers), sizeof numbers) + bytes;
}

Summaries Summaries::unpack(const std::vector<bool>& counted, std::string_view packed) {
  const auto take = [&] {
    int64_t number = 0;
    std::memcpy(&number, packed.data(), sizeof number);
    packed.remove_prefix(sizeof number);
    return number;
  };
  Summaries summaries(counted);
  std::vector<double> numbers(static_cast<size_t>(take()));
  std::memcpy(numbers.data(), packed.data(), numbers.size() * sizeof(double));
  packed.remove_prefix(numbers.size() * sizeof(double));
  std::span<const double> left(numbers);
  const size_t moments = summaries.moments_.pack().size();
  summaries.moments_ = Moments::unpack(left.first(moments));
  left = left.subspan(moments);
  for (auto& counts : summaries.counts_) counts = ValueCounts::unpack(left);
  while (!packed.empty()) {
    const auto column = static_cast<size_t>(take());
    const int64_t count = take();
    const auto size = static_cast<size_t>(take());
    summaries.texts_[column][std::string(packed.substr(0, size))] = count;
    packed.remove_prefix(size);
  }
  return summaries;
}

}  // namespace cresset::model
