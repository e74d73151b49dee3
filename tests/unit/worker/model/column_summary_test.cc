#include "worker/model/column_summary.h"

#include <gtest/gtest.h>

#include <cmath>

namespace cresset::model {
namespace column_summary_test {

const std::vector<float> kRows{1, 10, NAN, 20, 3, 30, 5, 40, 3, NAN};  // of two columns

ColumnSummary first(bool counted) {
  Summaries summaries({counted, false});
  summaries.add(kRows.data(), 5);
  return summaries.column(0);  // 1, missing, 3, 5, 3
}

TEST(ColumnSummary, OfACountedColumnTellsQuantilesAndTheMostFrequentValue) {
  const auto column = first(true);
  EXPECT_EQ(column.quantile(0.5), 3);
  EXPECT_EQ(column.quantile(0), 1);
  EXPECT_EQ(column.quantile(1), 5);
  EXPECT_EQ(column.most_frequent(), 3);
  EXPECT_FALSE(first(false).points);
}

TEST(ColumnSummary, OfSeveralMostFrequentValuesTheLeastCounts) {
  auto column = first(true);
  column.points = {{-1, 2}, {0, 1}, {4, 2}};
  EXPECT_EQ(column.most_frequent(), -1);
}

TEST(ColumnSummary, FilledValuesCountAsOthers) {
  auto column = first(true);
  column.fill(4);
  EXPECT_EQ(column.moments.count, 5);
  EXPECT_EQ(column.moments.missing, 0);
  EXPECT_DOUBLE_EQ(column.moments.mean, 16.0 / 5);
  EXPECT_EQ(column.quantile(0.75), 4);
  column = first(true);
  column.fill(5);
  EXPECT_EQ(column.points->back().weight, 2);
}

TEST(ColumnSummary, ScalingMovesAllThatIsKnown) {
  auto column = first(true);
  column.scale(1, 0.5);  // 0, 1, 2, 1
  EXPECT_DOUBLE_EQ(column.moments.mean, 1);
  EXPECT_DOUBLE_EQ(column.moments.squares, 2);
  EXPECT_EQ(column.moments.least, 0);
  EXPECT_EQ(column.moments.greatest, 2);
  EXPECT_EQ(column.quantile(1), 2);
}

TEST(ColumnSummary, BendingIsAsIfEachValueHadBeenBent) {
  auto column = first(true);
  column.bend([](double value) { return value * value; });  // 1, 9, 25, 9
  EXPECT_DOUBLE_EQ(column.moments.mean, 11);
  EXPECT_DOUBLE_EQ(column.moments.squares, 100 + 4 + 196 + 4);
  EXPECT_EQ(column.moments.least, 1);
  EXPECT_EQ(column.moments.greatest, 25);
  EXPECT_EQ(column.quantile(0.5), 9);
  auto plain = first(false);
  plain.bend([](double value) { return value * value; });
  EXPECT_EQ(plain.moments.greatest, 25);
}

TEST(Summaries, AreTheSameAfterTheExchange) {
  const std::vector<bool> counted{false, true};
  Summaries own(counted), merged(counted);
  own.add(kRows.data(), 5);
  merged.merge(Summaries::unpack(counted, own.pack()));
  EXPECT_EQ(merged.pack(), own.pack());
  EXPECT_EQ(merged.column(1).quantile(0.5), 25);
  EXPECT_EQ(merged.column(0).moments.greatest, 5);
}

TEST(Summaries, CountTextsAndKeepThemInTheExchange) {
  const std::string odd("b\0c", 3);
  const std::vector<float> rows{0, 0, 0, NAN, 0, 1, 0, 0};  // columns of numbers and of texts
  const std::vector<data::TextColumn> texts{{.column = 1, .texts = {odd, "a", "never"}}};
  Summaries one({false, false}, {1}), other({false, false}, {1}), none({false, false});
  none.add(rows.data(), 4, texts);
  EXPECT_TRUE(none.texts(1).empty());
  one.add(rows.data(), 2, texts);
  other.add(rows.data() + 4, 2, texts);
  one.merge(Summaries::unpack({false, false}, other.pack()));
  EXPECT_EQ(one.texts(1), (TextCounts{{"a", 1}, {odd, 2}}));
  EXPECT_TRUE(one.texts(0).empty());
}

}  // namespace column_summary_test
}  // namespace cresset::model
