#include "worker/train/core/scores.h"

#include <algorithm>
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
