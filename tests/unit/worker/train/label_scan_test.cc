#include "worker/train/label_scan.h"

#include <gmock/gmock.h>

#include <numeric>

#include "worker/train/targets.h"

namespace cresset::train::label_scan_test {
namespace {

using data::FileRows;
using data::LabelKind;
using testing::ElementsAre;
using testing::HasSubstr;

FileRows whole(std::vector<int64_t> numbers) {
  FileRows rows{.rows = static_cast<int64_t>(numbers.size())};
  rows.labels.numbers = std::move(numbers);
  return rows;
}
FileRows texts(std::vector<std::string> texts) {
  FileRows rows{.rows = static_cast<int64_t>(texts.size())};
  rows.labels = {.integers = false, .texts = std::move(texts)};
  return rows;
}
FileRows numbers(std::vector<double> values, size_t width) {
  FileRows rows{.rows = static_cast<int64_t>(values.size() / width)};
  rows.targets = std::move(values);
  return rows;
}

// As ranks exchange it.
LabelScan merged(LabelKind kind, const std::vector<std::string>& columns,
                 const std::vector<FileRows>& of_ranks) {
  LabelScan all(kind, columns);
  for (const auto& rows : of_ranks) {
    LabelScan own(kind, columns);
    if (rows.rows > 0) {
      EXPECT_TRUE(own.add(rows));
    }
    EXPECT_TRUE(all.merge(base::parse_json(base::dump(own.encode())).value()));
  }
  return all;
}

TEST(LabelScanTest, OfClassesKnowsThemAndHowManyRowsEachHas) {
  const auto numbers =
      merged(LabelKind::kClasses, {"y"}, {whole({7, -1, 7}), whole({}), whole({3, 7})});
  EXPECT_THAT(numbers.classes().numbers, ElementsAre(-1, 3, 7));
  const auto totals = numbers.totals(numbers.classes());
  EXPECT_THAT(totals.names, ElementsAre("-1", "3", "7"));
  EXPECT_THAT(totals.rows, ElementsAre(1, 1, 3));
  EXPECT_EQ(totals.all_rows, 5);
  EXPECT_TRUE(numbers.targets().empty());
  const auto words = merged(LabelKind::kClasses, {"y"}, {texts({"b"}), texts({"a", "b"})});
  EXPECT_FALSE(words.classes().integers);
  EXPECT_THAT(words.classes().texts, ElementsAre("a", "b"));
  EXPECT_THAT(words.totals(words.classes()).rows, ElementsAre(1, 2));
}

TEST(LabelScanTest, OfMoreValuesThanMayBeIsAnErrorThoughEachRankHasFewer) {
  const auto values = [](int64_t first) {
    std::vector<int64_t> numbers(600000);
    std::iota(numbers.begin(), numbers.end(), first);
    return whole(std::move(numbers));
  };
  LabelScan one(LabelKind::kClasses, {"y"}), other(LabelKind::kClasses, {"y"});
  ASSERT_TRUE(one.add(values(0)));
  ASSERT_TRUE(other.add(values(600000)));
  const auto merged = one.merge(other.encode());
  ASSERT_FALSE(merged);
  EXPECT_THAT(merged.error().message(),
              HasSubstr("label column \"y\" has more than 1048576 different values"));
}

TEST(LabelScanTest, OfTokensCountsThoseOfTheVocabularyThatOccur) {
  const auto scan = merged(LabelKind::kClasses, {"y"}, {whole({2, 2})});
  EXPECT_THAT(scan.totals({.numbers = {0, 1, 2, 3}}).rows, ElementsAre(0, 0, 2, 0));
}

TEST(LabelScanTest, TextsAndNumbersAreAnErrorInOneProcessAndBetweenThem) {
  LabelScan own(LabelKind::kClasses, {"y"});
  ASSERT_TRUE(own.add(whole({1})));
  EXPECT_EQ(own.add(texts({"left"})).error().message(),
            "label column \"y\" holds texts, the files before it hold numbers");
  LabelScan other(LabelKind::kClasses, {"y"});
  ASSERT_TRUE(other.add(texts({"left"})));
  EXPECT_THAT(other.merge(own.encode()).error().message(), HasSubstr("holds numbers"));
}

TEST(LabelScanTest, OfNumbersIsWhatAllRowsTogetherTell) {
  const std::vector<double> first{1, 10, 2, 10, 4, 10}, second{8, 10};
  auto all = first;
  all.insert(all.end(), second.begin(), second.end());
  const data::Table table{
      .rows = 4, .label_kind = LabelKind::kNumbers, .label_columns = {"a", "b"}, .targets = all};
  const auto whole = fit_targets(table);
  const auto scan =
      merged(LabelKind::kNumbers, {"a", "b"}, {numbers(first, 2), FileRows(), numbers(second, 2)});
  const auto parts = scan.targets();
  ASSERT_EQ(parts.size(), 2);
  EXPECT_EQ(parts[0].name, "a");
  EXPECT_NEAR(parts[0].mean, whole[0].mean, 1e-12);
  EXPECT_NEAR(parts[0].deviation, whole[0].deviation, 1e-12);
  EXPECT_EQ(parts[1].mean, 10);
  EXPECT_EQ(parts[1].deviation, 1) << "equal labels do not deviate, not by rounding either";
}

TEST(LabelScanTest, OfFlagsCountsTheRowsThatHold) {
  const auto scan =
      merged(LabelKind::kFlags, {"a", "b"}, {numbers({1, 0, 0, 0}, 2), numbers({1, 1}, 2)});
  const auto totals = scan.totals({});
  EXPECT_THAT(totals.names, ElementsAre("a", "b"));
  EXPECT_THAT(totals.rows, ElementsAre(2, 1));
  EXPECT_EQ(totals.all_rows, 3);
  EXPECT_THAT(scan.targets()[1].name, "b");
}

}  // namespace
}  // namespace cresset::train::label_scan_test
