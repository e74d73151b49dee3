#include "worker/model/value_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "worker/data/core/sharding.h"

namespace cresset::model {
namespace value_counts_test {

double exact_quantile(const std::vector<float>& values, double share) {  // of ascending ones
  const double place = share * (static_cast<double>(values.size()) - 1);
  const auto at = static_cast<size_t>(place);
  const double next = values[std::min(at + 1, values.size() - 1)];
  return values[at] + (next - values[at]) * (place - static_cast<double>(at));
}

ValueCounts count(const std::vector<float>& values, size_t begin, size_t end) {
  ValueCounts counts;
  for (size_t i = begin; i < end; ++i) counts.add(values[i]);
  return counts;
}

std::vector<Point> points_of(const ValueCounts& counts, const std::vector<float>& values) {
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  return counts.points(*least, *greatest);
}

std::vector<float> drawn(int kind, size_t count) {
  std::mt19937 random(static_cast<unsigned>(kind) + 7);
  std::normal_distribution<double> normal(0, 1);
  std::uniform_real_distribution<double> uniform(-38, 38);
  std::vector<float> values(count);
  for (auto& value : values) {
    const double x = normal(random);
    if (kind == 0) value = static_cast<float>(x);                // both sides of zero
    if (kind == 1) value = static_cast<float>(std::exp(3 * x));  // long-tailed
    if (kind == 2) value = static_cast<float>(1e6 + x);          // narrow, far from zero
    if (kind == 3) value = static_cast<float>(std::pow(10, uniform(random)));  // of all sizes
    if (kind == 4) value = std::floor(static_cast<float>(10 * x));             // few values, often
  }
  return values;
}

std::vector<float> sorted(std::vector<float> values) {
  std::sort(values.begin(), values.end());
  return values;
}

const std::vector<double> kShares{0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 0.999, 1};

TEST(ValueCounts, QuantilesAreThoseOfTheSortedValuesWhileThereAreFew) {
  for (const int kind : {0, 1, 2, 3, 4}) {
    const auto values = drawn(kind, 10001);
    const auto counts = count(values, 0, values.size());
    EXPECT_TRUE(counts.exact());
    const auto found = quantiles(points_of(counts, values), kShares);
    const auto ascending = sorted(values);
    for (size_t i = 0; i < kShares.size(); ++i) {
      const double wanted = exact_quantile(ascending, kShares[i]);
      EXPECT_NEAR(found[i], wanted, 1e-12 * std::abs(wanted)) << kind << " " << kShares[i];
    }
  }
}

TEST(ValueCounts, QuantilesOfManyValuesAreOffByNoMoreThanTheBound) {
  for (const int kind : {0, 1, 3}) {
    const auto values = drawn(kind, 150000);
    const auto counts = count(values, 0, values.size());
    EXPECT_FALSE(counts.exact());
    const auto points = points_of(counts, values);
    EXPECT_LE(points.size(), ValueCounts::kMostValues + 2);
    const double bound = kind == 3 ? std::pow(2, -8) : std::pow(2, -11);
    const auto found = quantiles(points, kShares);
    const auto ascending = sorted(values);
    for (size_t i = 0; i < kShares.size(); ++i) {
      const double wanted = exact_quantile(ascending, kShares[i]);
      EXPECT_NEAR(found[i], wanted, bound * std::abs(wanted)) << kind << " " << kShares[i];
    }
  }
}

TEST(ValueCounts, FewValuesStayExactHoweverOftenTheyOccurAndHoweverFarFromZero) {
  for (const int kind : {2, 4}) {
    const auto values = drawn(kind, 150000);
    const auto counts = count(values, 0, values.size());
    EXPECT_TRUE(counts.exact()) << kind;
    EXPECT_EQ(quantiles(points_of(counts, values), {0.5}).front(),
              exact_quantile(sorted(values), 0.5));
  }
}

TEST(ValueCounts, PartsOfAnyNumberOfRanksInAnyOrderMergeToTheSame) {
  for (const int kind : {0, 3, 4}) {
    const auto values = drawn(kind, 100000);
    const auto whole = points_of(count(values, 0, values.size()), values);
    for (const int ranks : {2, 3, 7}) {
      ValueCounts merged;
      for (int rank = ranks - 1; rank >= 0; --rank) {
        const auto part = data::shard(100000, rank, ranks);
        std::vector<double> packed;
        count(values, static_cast<size_t>(part.begin), static_cast<size_t>(part.end)).pack(packed);
        std::span<const double> left(packed);
        merged.merge(ValueCounts::unpack(left));
        EXPECT_TRUE(left.empty());
      }
      const auto points = points_of(merged, values);
      ASSERT_EQ(points.size(), whole.size());
      for (size_t i = 0; i < whole.size(); ++i) {
        EXPECT_EQ(points[i].value, whole[i].value);
        EXPECT_EQ(points[i].weight, whole[i].weight);
      }
    }
  }
}

TEST(ValueCounts, ZerosOfBothSignsAreOneValue) {
  ValueCounts counts;
  counts.add(0.0F);
  counts.add(-0.0F);
  ASSERT_EQ(counts.points(0, 0).size(), 1U);
  EXPECT_EQ(counts.points(0, 0).front().weight, 2);
}

}  // namespace value_counts_test
}  // namespace cresset::model
