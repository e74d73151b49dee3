#include "worker/train/core/scores.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

namespace cresset::train {

double macro_f1(std::span<const double> right, std::span<const double> predicted,
                std::span<const double> actual) {
  double sum = 0, classes = 0;
  for (size_t i = 0; i < right.size(); ++i) {
    const double rows = predicted[i] + actual[i];
    if (rows == 0) continue;
    sum += 2 * right[i] / rows;
    ++classes;
  }
  return classes > 0 ? sum / classes : 0;
}

double macro_f1_of_labels(std::span<const double> right, std::span<const double> predicted,
                          std::span<const double> actual) {
  double sum = 0;
  for (size_t i = 0; i < right.size(); ++i)
    sum += micro_f1(right.subspan(i, 1), predicted.subspan(i, 1), actual.subspan(i, 1));
  return sum / static_cast<double>(right.size());
}

double micro_f1(std::span<const double> right, std::span<const double> predicted,
                std::span<const double> actual) {
  const auto sum = [](std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0);
  };
  const double rows = sum(predicted) + sum(actual);
  return rows > 0 ? 2 * sum(right) / rows : 0;
}

double root_mean_square(std::span<const double> squares, double rows) {
  double sum = 0;
  for (const double square : squares) sum += std::sqrt(square / rows);
  return sum / static_cast<double>(squares.size());
}

double mean_of_means(std::span<const double> sizes, double rows) {
  return std::accumulate(sizes.begin(), sizes.end(), 0.0) /
         (rows * static_cast<double>(sizes.size()));
}

double r2_score(std::span<const double> squares, std::span<const double> totals) {
  double sum = 0;
  for (size_t i = 0; i < squares.size(); ++i)
    sum += totals[i] > 0 ? 1 - squares[i] / totals[i] : squares[i] > 0 ? 0 : 1;
  return sum / static_cast<double>(squares.size());
}

std::optional<double> area_under_curve(std::span<const float> scores,
                                       std::span<const bool> positive) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  double ranks = 0, positives = 0;  // of the positive rows; the least score has rank 1
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    double of_score = 0;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end)
      of_score += positive[order[end]] ? 1 : 0;
    ranks += of_score * static_cast<double>(begin + 1 + end) / 2;
    positives += of_score;
  }
  const double negatives = static_cast<double>(scores.size()) - positives;
  if (positives == 0 || negatives == 0) return std::nullopt;
  return (ranks - positives * (positives + 1) / 2) / (positives * negatives);
}

}  // namespace cresset::train
