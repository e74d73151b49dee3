#include "worker/train/packed_texts.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/unit/worker/text/byte_pairs_of.h"

namespace cresset::train::packed_texts_test {
namespace {

using testing::HasSubstr;

constexpr float kEnd = 256;

model::Tokenize step_of(int64_t length) {
  model::Tokenize step{.columns = {.path = "preprocess[0].tokenize"}, .max_length = length};
  step.pieces = text::BytePair::make(text::byte_pairs_of({})).value();
  return step;
}

// NaN: the row has no text.
data::Table table_of(std::vector<float> rows, std::vector<std::string> texts) {
  data::Table table{.columns = {"text"}, .rows = static_cast<int64_t>(rows.size())};
  table.values = std::move(rows);
  table.texts = std::make_shared<data::TextColumns>(
      data::TextColumns{{.column = 0, .texts = std::move(texts)}});
  table.origins.begin_file("file:///texts.csv", {});
  table.origins.add(0, table.rows);
  return table;
}

// What the texts' bytes are, and "|" between texts.
std::string samples_of(const data::Table& table, int64_t length) {
  const auto tokens = text::byte_pairs_of({}).tokens;
  std::string samples;
  for (size_t i = 0; i < table.values.size(); ++i) {
    if (i % static_cast<size_t>(length) == 0 && i > 0) samples += " ";
    samples += table.values[i] == kEnd ? "|" : tokens.at(static_cast<size_t>(table.values[i]));
  }
  return samples;
}

TEST(PackedTexts, AreJoinedAndCutSoThatEachTokenIsLearntOnce) {
  auto table = table_of({1, NAN, 0, 1}, {"ab", "cdefg"});
  ASSERT_TRUE(pack_texts(table, step_of(4)));
  EXPECT_EQ(samples_of(table, 4), "|cde efg| |ab| |cde efg|");
  EXPECT_EQ(table.rows, 5);
}

TEST(PackedTexts, TheLastSampleIsFilledUp) {
  auto table = table_of({0}, {"abcde"});
  ASSERT_TRUE(pack_texts(table, step_of(5)));
  EXPECT_EQ(samples_of(table, 5), "|abcd de|||");
}

TEST(PackedTexts, ASampleIsFromTheRowThatItFirstLearnsOf) {
  auto table = table_of({NAN, 0, 1}, {"abcde", "f"});
  ASSERT_TRUE(pack_texts(table, step_of(4)));
  EXPECT_EQ(samples_of(table, 4), "|abc cde| |f||");
  EXPECT_THAT(table.origins.at(0).place, HasSubstr("row 2"));
  EXPECT_THAT(table.origins.at(1).place, HasSubstr("row 2"));
  EXPECT_THAT(table.origins.at(2).place, HasSubstr("row 3"));
}

TEST(PackedTexts, RowsWithoutAnyTextAreAnErrorAndNoRowsAreNone) {
  auto without = table_of({NAN, NAN}, {});
  EXPECT_EQ(pack_texts(without, step_of(4)).error().message(),
            "preprocess[0].tokenize.columns: none of the 2 rows has a text");
  auto none = table_of({}, {});
  EXPECT_TRUE(pack_texts(none, step_of(4)));
  EXPECT_EQ(none.rows, 0);
}

}  // namespace
}  // namespace cresset::train::packed_texts_test
