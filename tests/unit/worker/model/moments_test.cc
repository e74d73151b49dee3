#include "worker/model/moments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "worker/data/core/sharding.h"

namespace cresset::model {
namespace {

// 1,000 rows of 3 columns, far from zero and partly missing.
std::vector<float> make_rows() {
  std::mt19937 random(5);
  std::normal_distribution<float> normal(1000, 2);
  std::vector<float> rows(3000);
  for (auto& value : rows) value = random() % 10 == 0 ? NAN : normal(random);
  return rows;
}

ColumnMoments two_passes(const std::vector<float>& rows, size_t column) {
  ColumnMoments plain;
  for (size_t i = column; i < rows.size(); i += 3) {
    if (std::isnan(rows[i]))
      plain.missing += 1;
    else
      plain.count += 1, plain.mean += rows[i],
          plain.least = std::min<double>(plain.least, rows[i]),
          plain.greatest = std::max<double>(plain.greatest, rows[i]);
  }
  plain.mean /= plain.count;
  for (size_t i = column; i < rows.size(); i += 3)
    if (!std::isnan(rows[i])) plain.squares += (rows[i] - plain.mean) * (rows[i] - plain.mean);
  return plain;
}

void expect_near(const ColumnMoments& found, const ColumnMoments& wanted) {
  EXPECT_EQ(found.count, wanted.count);
  EXPECT_EQ(found.missing, wanted.missing);
  EXPECT_NEAR(found.mean, wanted.mean, 1e-9);
  EXPECT_NEAR(found.squares, wanted.squares, 1e-6);
  EXPECT_EQ(found.least, wanted.least);
  EXPECT_EQ(found.greatest, wanted.greatest);
}

TEST(Moments, OnePassEqualsTwoPasses) {
  const auto rows = make_rows();
  Moments moments(3);
  moments.add(rows.data(), 1000);
  for (size_t c = 0; c < 3; ++c) expect_near(moments.columns()[c], two_passes(rows, c));
}

TEST(Moments, PartsOfAnyNumberOfRanksMergeToTheWhole) {
  const auto rows = make_rows();
  for (int ranks : {2, 3, 7, 1001}) {
    Moments merged(3);
    for (int rank = 0; rank < ranks; ++rank) {
      const auto part = data::shard(1000, rank, ranks);
      Moments own(3);
      own.add(rows.data() + part.begin * 3, part.size());
      merged.merge(Moments::unpack(own.pack()));
    }
    for (size_t c = 0; c < 3; ++c) expect_near(merged.columns()[c], two_passes(rows, c));
  }
}

TEST(Moments, FillingCountsTheMissingAsValues) {
  ColumnMoments column{
      .count = 2, .missing = 2, .mean = 1, .squares = 2, .least = 0, .greatest = 2};  // 0, 2
  column.fill(3);
  EXPECT_EQ(column.count, 4);
  EXPECT_EQ(column.missing, 0);
  EXPECT_DOUBLE_EQ(column.mean, 2);     // 0, 2, 3, 3
  EXPECT_DOUBLE_EQ(column.squares, 6);  // 4 + 0 + 1 + 1
  EXPECT_EQ(column.least, 0);
  EXPECT_EQ(column.greatest, 3);
}

}  // namespace
}  // namespace cresset::model
