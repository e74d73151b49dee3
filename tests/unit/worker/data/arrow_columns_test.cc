#include "worker/data/arrow_columns.h"

#include <arrow/api.h>
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace cresset::data::arrow_columns_test {
namespace {

using testing::ElementsAre;
using testing::Not;

std::shared_ptr<arrow::RecordBatch> column(const std::shared_ptr<arrow::Array>& array) {
  return arrow::RecordBatch::Make(arrow::schema({arrow::field("y", array->type())}),
                                  array->length(), {array});
}

template <typename Builder>
std::shared_ptr<arrow::RecordBatch> column(const std::vector<typename Builder::value_type>& all) {
  Builder builder;
  EXPECT_TRUE(builder.AppendValues(all).ok());
  return column(builder.Finish().ValueOrDie());
}

std::shared_ptr<arrow::RecordBatch> column_of_nothing(int64_t rows) {
  return column(std::make_shared<arrow::NullArray>(rows));
}

std::vector<uint64_t> groups_of(const std::shared_ptr<arrow::RecordBatch>& block) {
  std::vector<uint64_t> groups;
  const auto appended = append_groups(cells_of(*block, 0, 0), groups);
  EXPECT_TRUE(appended) << appended.error().message();
  return groups;
}

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

TEST(Groups, OfAWholeNumberAreTheSameInEachTypeThatHoldsIt) {
  const auto whole =
      groups_of(column<arrow::Int64Builder>({0, 100000, -100000, 16777216, int64_t{1} << 60}));
  EXPECT_EQ(groups_of(column<arrow::DoubleBuilder>({-0.0, 1e5, -1e5, 16777216, 0x1p60})), whole);
  EXPECT_EQ(groups_of(column<arrow::FloatBuilder>({-0.0F, 1e5F, -1e5F, 16777216, 0x1p60F})), whole);
}

TEST(Groups, OfOtherNumbersAreTheSameInEachTypeTooAndTellThemApart) {
  const auto groups = groups_of(column<arrow::DoubleBuilder>({0.1, 0.2, 1e30}));
  EXPECT_EQ(groups_of(column<arrow::FloatBuilder>({0.1F, 0.2F, 1e30F})), groups);
  EXPECT_NE(groups[0], groups[1]);
}

TEST(Groups, OfWhatIsNoNumberAreThoseOfMissingValues) {
  const auto missing = groups_of(column_of_nothing(1));
  EXPECT_EQ(groups_of(column<arrow::DoubleBuilder>({kNaN})), missing);
  EXPECT_EQ(groups_of(column<arrow::FloatBuilder>({-std::numeric_limits<float>::quiet_NaN()})),
            missing);
  EXPECT_THAT(groups_of(column<arrow::DoubleBuilder>({0})), Not(missing));
}

std::shared_ptr<arrow::RecordBatch> lists(const std::vector<double>& values, int32_t width,
                                          const std::vector<bool>& there = {}) {
  arrow::DoubleBuilder builder;
  EXPECT_TRUE(
      (there.empty() ? builder.AppendValues(values) : builder.AppendValues(values, there)).ok());
  return column(
      arrow::FixedSizeListArray::FromArrays(builder.Finish().ValueOrDie(), width).ValueOrDie());
}

TEST(Lists, ValuesOfThemAreCopiedFromThePlaceThatIsAskedFor) {
  const auto block = lists({1, 2, 3, 4, 5, 6, kNaN, 8, 9}, 3);
  std::vector<float> into(9, -1);
  auto cells = cells_of(*block, 0, 1);
  cells.begin = 1;
  cells.rows = 2;
  ASSERT_TRUE(copy_list(cells, 2, into.data(), 4));
  EXPECT_THAT(into, ElementsAre(5, 6, -1, -1, 8, 9, -1, -1, -1));
  ASSERT_TRUE(copy_list(cells_of(*block->Slice(2), 0, 0), 1, into.data(), 1));
  EXPECT_TRUE(std::isnan(into[0]));
}

TEST(Lists, WithValuesThatAreMissingInfiniteOrNoNumbersAreLeftToThoseWhoSaySo) {
  std::vector<float> into(4);
  const auto is_copied = [&](const auto& block) {
    return copy_list(cells_of(*block, 0, 0), 2, into.data(), 2);
  };
  EXPECT_TRUE(is_copied(lists({1, 2, 3, 4}, 2)));
  EXPECT_FALSE(is_copied(lists({1, 2, 3, kInfinite}, 2)));
  EXPECT_FALSE(is_copied(lists({1, 2, 1e300, 4}, 2)));
  EXPECT_FALSE(is_copied(lists({1, 2, 3, 4}, 2, {true, false, true, true})));
  EXPECT_FALSE(is_copied(column_of_nothing(2)));
}

class Texts : public testing::Test {
 protected:
  // The text of each row, "" of a missing one; or the error.
  std::vector<std::string> texts_of(const std::shared_ptr<arrow::RecordBatch>& block) {
    std::vector<float> places_of(static_cast<size_t>(block->num_rows()));
    TextColumn column;
    TextPlaces places(column);
    bad_.begin_file("", "a");
    const auto copied =
        copy_texts(cells_of(*block, 0, 0), place_, places_of.data(), 1, places, bad_);
    if (!copied) return {copied.error().message()};
    std::vector<std::string> texts;
    for (const float at : places_of)
      texts.push_back(std::isnan(at) ? "" : column.texts[static_cast<size_t>(at)]);
    return texts;
  }
  const Place place_ = [](int64_t row) { return "row " + std::to_string(row + 1); };
  BadRows bad_;
};

TEST_F(Texts, OfANumberAreItsDigitsInEachTypeThatHoldsIt) {
  EXPECT_THAT(texts_of(column<arrow::DoubleBuilder>({-0.0, 1e5, 0.1, kNaN})),
              ElementsAre("0", "100000", "0.1", ""));
  EXPECT_THAT(texts_of(column<arrow::Int64Builder>({0, 100000, int64_t{1} << 60})),
              ElementsAre("0", "100000", "1152921504606846976"));
  EXPECT_THAT(texts_of(column<arrow::BooleanBuilder>({true, false})), ElementsAre("1", "0"));
  EXPECT_THAT(texts_of(column_of_nothing(2)), ElementsAre("", ""));
}

TEST_F(Texts, AreReadOutOfADictionaryWithItsMissingValues) {
  arrow::StringDictionaryBuilder builder;
  for (const char* text : {"b", "a", "b"}) ASSERT_TRUE(builder.Append(text).ok());
  ASSERT_TRUE(builder.AppendNull().ok());
  EXPECT_THAT(texts_of(column(builder.Finish().ValueOrDie())), ElementsAre("b", "a", "b", ""));
}

TEST_F(Texts, ThatAreTooManyAreAnError) {
  arrow::LargeStringBuilder builder;
  const std::string half(TextPlaces::kMostBytes / 2, 'x');
  for (const char* last : {"a", "b"}) ASSERT_TRUE(builder.Append(half + last).ok());
  EXPECT_THAT(
      texts_of(column(builder.Finish().ValueOrDie())),
      ElementsAre(
          R"(column "y" has too many different texts; allowed are 4194304 of together 268435456 bytes)"));
}

TEST_F(Texts, AreNoDates) {
  arrow::Date32Builder builder;
  ASSERT_TRUE(builder.Append(1).ok());
  EXPECT_THAT(
      texts_of(column(builder.Finish().ValueOrDie())),
      ElementsAre(R"(column "y" is of type date32[day], allowed are texts, numbers and booleans)"));
}

class Labels : public testing::Test {
 protected:
  void append(const std::shared_ptr<arrow::RecordBatch>& block) {
    bad_.begin_file("", "a");
    const auto appended = append_labels(cells_of(*block, 0, 0), place_, labels_, bad_);
    EXPECT_TRUE(appended) << appended.error().message();
    out_ = bad_.finish_block();
  }
  const Place place_ = [](int64_t row) { return "row " + std::to_string(row + 1); };
  RawLabels labels_;
  BadRows bad_{10};
  std::vector<int64_t> out_;
};

TEST_F(Labels, ThatAreNoWholeNumbersAreBadRows) {
  append(column<arrow::DoubleBuilder>({1, kNaN, 0.5, kInfinite, 1e300, -2}));
  EXPECT_THAT(out_, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(
      bad_.first(),
      ElementsAre(
          "a: label column \"y\", row 2 is missing",
          "a: label column \"y\", row 3: found 0.5, allowed are whole numbers or texts",
          "a: label column \"y\", row 4: found inf, allowed are whole numbers or texts",
          "a: label column \"y\", row 5: found 1e+300, allowed are whole numbers or texts"));
  drop_labels(labels_, 0, out_);
  EXPECT_THAT(labels_.numbers, ElementsAre(1, -2));
}

TEST_F(Labels, OfAColumnWithoutAnyValueAreBadRowsAmongNumbersAndAmongTexts) {
  append(column_of_nothing(2));
  EXPECT_THAT(out_, ElementsAre(0, 1));
  EXPECT_EQ(bad_.first().front(), "a: label column \"y\", row 1 is missing");
  EXPECT_EQ(labels_.numbers.size(), 2);
  drop_labels(labels_, 0, out_);
  labels_ = {.integers = false, .numbers = {}, .texts = {"left"}};
  append(column_of_nothing(1));
  EXPECT_FALSE(labels_.integers);
  EXPECT_EQ(labels_.texts.size(), 2);
}

}  // namespace
}  // namespace cresset::data::arrow_columns_test
