// Tables with columns that hold texts.
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

#include "worker/data/core/bad_rows.h"
#include "worker/data/store.h"
#include "worker/data/table.h"

namespace cresset::data::table_texts_test {
namespace {

using testing::ElementsAre;
using testing::IsNan;

class TablesOfTexts : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& bytes) {
    const std::string uri = "file://" + folder_ + "/" + name;
    EXPECT_TRUE(store_.write(uri, bytes));
    return uri;
  }

  const std::string folder_ = testing::TempDir() + "table_texts_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name();
  Store store_{{}, {}};
};

// As texts stand there: no number, no date and no boolean is made of them.
TEST_F(TablesOfTexts, ColumnsThatAreAskedForAsTextsHoldPlacesOfTheirTexts) {
  const auto uri = write("t.csv",
                         "x,city,zip,day,side\n1,Rome,00184,2024-01-01,a\n2,"
                         ",,true,b\n"
                         "3,Rome,40000001,2024-01-01,a\n4,,00184,\"\",b\n");
  const auto table =
      read_table(store_, {.uri = uri, .label = "side", .texts = {"city", "z*", "day", "side"}});
  ASSERT_TRUE(table) << table.error().message();
  ASSERT_EQ(table->texts->size(), 3U);
  EXPECT_EQ((*table->texts)[0].column, 1U);
  EXPECT_THAT((*table->texts)[0].texts, ElementsAre("Rome"));
  EXPECT_THAT((*table->texts)[1].texts, ElementsAre("00184", "40000001"));
  EXPECT_THAT((*table->texts)[2].texts, ElementsAre("2024-01-01", "true"));
  EXPECT_EQ(table->values[2], 0);
  EXPECT_TRUE(std::isnan(table->values[4 + 1]));
  EXPECT_TRUE(std::isnan(table->values[4 + 2]));
  EXPECT_EQ(table->values[8 + 2], 1);
  EXPECT_TRUE(std::isnan(table->values[12 + 3]));
  EXPECT_THAT(table->classes.texts, ElementsAre("a", "b"));
  const auto taken = take_rows(*table, {2, 0});
  EXPECT_EQ(taken.texts, table->texts) << "shared, not copied";
  EXPECT_EQ(taken.values[2], 1);
}

// A request's "NA" is a text as well; of labels, as of numbers, it is none.
TEST_F(TablesOfTexts, InCsvATextMayBeAnyThatStandsForAMissingNumber) {
  const auto uri = write("t.csv",
                         "x,city,side\nNA,NA,a\n2,null,b\nnull,\"NA\",NA\nnan,nan,b\n"
                         "5,\"\",\"null\"\n6,,a\n");
  BadRows bad(9);
  const auto table =
      read_table(store_, {.uri = uri, .label = "side", .texts = {"city"}, .bad_rows = &bad});
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(bad.count(), 2) << "of those without a label";
  EXPECT_THAT(table->classes.texts, ElementsAre("a", "b"));
  EXPECT_THAT((*table->texts)[0].texts, ElementsAre("NA", "null", "nan"));
  EXPECT_THAT(table->values, ElementsAre(IsNan(), 0, 2, 1, IsNan(), 2, 6, IsNan()));
}

TEST_F(TablesOfTexts, ATextIsTheSameInEachFile) {
  write("d/a.jsonl", R"({"x": "b", "n": "7", "y": 1})");
  write("d/b.jsonl", R"({"x": "a", "n": 7, "y": 2})"
                     "\n"
                     R"({"x": null, "n": 2.5, "y": 1})");
  const auto table =
      read_table(store_, {.uri = "file://" + folder_ + "/d", .label = "y", .texts = {"x", "n"}});
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_THAT((*table->texts)[0].texts, ElementsAre("b", "a"));
  EXPECT_THAT((*table->texts)[1].texts, ElementsAre("7", "2.5"));
  EXPECT_EQ(table->values[2 + 1], 0);
}

TEST_F(TablesOfTexts, ATextThatIsNoUtf8IsABadRow) {
  const auto uri = write("t.csv", "x,side\nRome,a\nZ\xfcrich,b\nBern,b\n");
  const auto refused = read_table(store_, {.uri = uri, .label = "side", .texts = {"x"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            uri + R"(: column "x", row 2 (line 3): found a text that is not UTF-8)");
  BadRows bad(1);
  const auto table =
      read_table(store_, {.uri = uri, .label = "side", .texts = {"x"}, .bad_rows = &bad});
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->rows, 2);
  EXPECT_THAT(table->values, ElementsAre(0, 1));
}

TEST_F(TablesOfTexts, TheValidationDataHasTextsOfItsOwn) {
  const auto train = read_table(
      store_, {.uri = write("t.csv", "x,side\nRome,a\nBern,b\n"), .label = "side", .texts = {"x"}});
  const auto held = read_table(store_, {.uri = write("h.csv", "side,x\nb,Bern\na,Oslo\n"),
                                        .label = "side",
                                        .texts = {"x"},
                                        .like = &*train});
  ASSERT_TRUE(held) << held.error().message();
  EXPECT_THAT((*held->texts)[0].texts, ElementsAre("Bern", "Oslo"));
}

}  // namespace
}  // namespace cresset::data::table_texts_test
