#include "worker/data/table.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gmock/gmock.h>
#include <parquet/arrow/writer.h>

#include <cmath>
#include <filesystem>

#include "worker/data/core/bad_rows.h"
#include "worker/data/store.h"

namespace cresset::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class Tables : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& bytes) {
    const std::string uri = "file://" + folder_ + "/" + name;
    EXPECT_TRUE(store_.write(uri, bytes));
    return uri;
  }
  // The message of the error that reading gives.
  std::string why(const TableRequest& request) {
    const auto table = read_table(store_, request);
    return table ? "no error" : table.error().message();
  }

  const std::string folder_ =
      testing::TempDir() + "table_" + testing::UnitTest::GetInstance()->current_test_info()->name();
  Store store_{{}, {}};
};

TEST_F(Tables, CsvBecomesRowsOfFloatsAndCodesOfClasses) {
  const auto uri = write("t.csv", "x,side,y\n1,right,2.5\n,left,-3\n4,right,0\n");
  const auto table = read_table(store_, {.uri = uri, .label = "side"});
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_THAT(table->columns, ElementsAre("x", "y"));
  EXPECT_EQ(table->rows, 3);
  EXPECT_EQ(table->values[0], 1);
  EXPECT_EQ(table->values[1], 2.5F);
  EXPECT_TRUE(std::isnan(table->values[2]));
  EXPECT_EQ(table->values[3], -3);
  EXPECT_THAT(table->labels, ElementsAre(1, 0, 1));
  EXPECT_THAT(table->classes.texts, ElementsAre("left", "right"));
  EXPECT_TRUE(table->digest.starts_with("sha256:"));
}

TEST_F(Tables, AGroupIsANumberForEachValueAndNoFeature) {
  const auto uri = write("t.csv", "x,who,side\n1,ann,a\n2,bob,b\n3,ann,a\n4,,b\n5,,a\n");
  const auto table = read_table(store_, {.uri = uri, .label = "side", .group = "who"});
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_THAT(table->columns, ElementsAre("x"));
  ASSERT_EQ(table->groups.size(), 5U);
  EXPECT_EQ(table->groups[0], table->groups[2]);
  EXPECT_NE(table->groups[0], table->groups[1]);
  EXPECT_NE(table->groups[3], table->groups[1]);
}

TEST_F(Tables, AGroupIsTheSameWhateverTypeHoldsItsNumbers) {
  const auto whole = write("whole.csv", "x,who,side\n1,7,a\n2,8,b\n");
  const auto real = write("real.csv", "x,who,side\n1,7,a\n2,8,b\n3,0.5,a\n");
  const auto one = read_table(store_, {.uri = whole, .label = "side", .group = "who"});
  const auto other = read_table(store_, {.uri = real, .label = "side", .group = "who"});
  ASSERT_TRUE(one && other);
  EXPECT_EQ(one->groups[0], other->groups[0]);
  EXPECT_EQ(one->groups[1], other->groups[1]);
}

TEST_F(Tables, AGroupThatTheFileLacksIsToldWithItsField) {
  const auto uri = write("t.csv", "x,side\n1,a\n2,b\n");
  std::string told = why({.uri = uri, .label = "side", .group = "who"});
  ASSERT_NE(told.find(uri), std::string::npos) << told;
  told.replace(told.find(uri), uri.size(), "…");
  EXPECT_EQ(
      told,
      R"(spec.training.data.validation.splitBy: column "who" is not in …; its columns are x, side)");
}

TEST_F(Tables, AColumnToPredictIsNoGroup) {
  const auto uri = write("t.csv", "x,far,near\n1,0,1\n2,1,1\n");
  const std::string told = why(
      {.uri = uri, .labels = {"far", "near"}, .label_kind = LabelKind::kFlags, .group = "near"});
  EXPECT_EQ(
      told,
      R"(spec.training.data.validation.splitBy: "near" is to be predicted; allowed is another column)");
}

std::string parquet_bytes() {
  arrow::DoubleBuilder x;
  arrow::UInt8Builder pixel;
  arrow::Int32Builder digit;
  EXPECT_TRUE(x.AppendValues({0.5, 1.5, 2.5}).ok() && pixel.AppendValues({0, 255, 7}).ok() &&
              digit.AppendValues({7, 3, 7}).ok());
  const auto schema =
      arrow::schema({arrow::field("x", arrow::float64()), arrow::field("digit", arrow::int32()),
                     arrow::field("pixel0", arrow::uint8())});
  const auto table = arrow::Table::Make(
      schema, {x.Finish().ValueOrDie(), digit.Finish().ValueOrDie(), pixel.Finish().ValueOrDie()});
  auto out = arrow::io::BufferOutputStream::Create().ValueOrDie();
  EXPECT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 2).ok());
  return out->Finish().ValueOrDie()->ToString();
}

TEST_F(Tables, ParquetOfSeveralRowGroupsAndTypesIsReadWithChosenColumns) {
  const auto uri = write("t.parquet", parquet_bytes());
  const auto table = read_table(store_, {.uri = uri, .label = "digit", .features = {"pixel*"}});
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_THAT(table->columns, ElementsAre("pixel0"));
  EXPECT_THAT(table->values, ElementsAre(0, 255, 7));
  EXPECT_THAT(table->classes.numbers, ElementsAre(3, 7));
  EXPECT_THAT(table->labels, ElementsAre(1, 0, 1));
}

TEST_F(Tables, ColumnsToPredictMayBeNumbersAndSeveral) {
  const auto uri = write("t.csv", "x,price,y,price_tax\n1,1000000000.25,2,-3\n4,7,5,1e-3\n");
  const auto table =
      read_table(store_, {.uri = uri, .labels = {"price*"}, .label_kind = LabelKind::kNumbers});
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_THAT(table->columns, ElementsAre("x", "y"));
  EXPECT_THAT(table->values, ElementsAre(1, 2, 4, 5));
  EXPECT_THAT(table->label_columns, ElementsAre("price", "price_tax"));
  EXPECT_THAT(table->targets, ElementsAre(1000000000.25, -3, 7, 1e-3));
  EXPECT_TRUE(table->labels.empty());
  const auto last = take_rows(*table, {1});
  EXPECT_THAT(last.targets, ElementsAre(7, 1e-3));
  EXPECT_EQ(last.label_kind, LabelKind::kNumbers);
  EXPECT_THAT(last.label_columns, ElementsAre("price", "price_tax"));
}

TEST_F(Tables, ValidationDataHasTheLabelColumnsOfTheTrainingData) {
  const auto uri = write("t.csv", "x,a,b\n1,0,1\n2,1,1\n");
  const auto train =
      read_table(store_, {.uri = uri, .labels = {"a", "b"}, .label_kind = LabelKind::kFlags});
  ASSERT_TRUE(train) << train.error().message();
  TableRequest request{.uri = write("v.csv", "b,a,x\ntrue,false,3\nfalse,true,4\n"),
                       .labels = {"a", "b"},
                       .label_kind = LabelKind::kFlags,
                       .like = &*train};
  const auto held = read_table(store_, request);
  ASSERT_TRUE(held) << held.error().message();
  EXPECT_THAT(held->targets, ElementsAre(0, 1, 1, 0));
  request.uri = write("w.csv", "b,x\n1,3\n");
  EXPECT_THAT(why(request), HasSubstr("label column \"a\" is not in " + request.uri));
}

TEST_F(Tables, RowsWhoseLabelsAreNoNumbersMayBeLeftOut) {
  BadRows bad(2);
  const auto table =
      read_table(store_, {.uri = write("t.csv", "x,y,z\n1,0,1\n2,,0\n3,0.5,1\n4,1,0\n"),
                          .labels = {"y", "z"},
                          .label_kind = LabelKind::kFlags,
                          .bad_rows = &bad});
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(bad.count(), 2);
  EXPECT_EQ(table->rows, 2);
  EXPECT_THAT(table->values, ElementsAre(1, 4));
  EXPECT_THAT(table->targets, ElementsAre(0, 1, 1, 0));
}

TEST_F(Tables, LabelsThatAreNoNumbersOrNoFlagsAreNamedByColumnAndRow) {
  TableRequest request{
      .uri = write("t.csv", "x,y\n1,0\n2,high\n"), .label = "y", .label_kind = LabelKind::kNumbers};
  EXPECT_THAT(why(request),
              HasSubstr("column \"y\", row 2 (line 3): found \"high\", allowed are numbers"));
  request.uri = write("g.csv", "x,y\n1,0\n2,\n");
  EXPECT_THAT(why(request), HasSubstr("label column \"y\", row 2 (line 3) is missing"));
  request.uri = write("f.csv", "x,y\n1,0\n2,0.5\n");
  request.label_kind = LabelKind::kFlags;
  EXPECT_THAT(
      why(request),
      HasSubstr(
          R"(label column "y", row 2 (line 3): found 0.5, allowed are 0 and 1, or false and true)"));
  request.labels = {"z*"};
  EXPECT_THAT(why(request), HasSubstr("spec.training.data.labels[0]: \"z*\" matches no column"));
}

TEST_F(Tables, ATruncatedParquetFileIsAnErrorAtEveryLength) {
  const std::string whole = parquet_bytes();
  for (size_t size = 0; size < whole.size(); size += 7) {
    const auto uri = write("cut.parquet", whole.substr(0, size));
    EXPECT_FALSE(read_table(store_, {.uri = uri, .label = "digit"})) << size;
  }
}

TEST_F(Tables, AMissingLabelColumnNamesTheFileAndWhatItHas) {
  const auto uri = write("points.csv", "x,y,side\n1,2,0\n3,4,1\n");
  EXPECT_EQ(why({.uri = uri, .label = "colour"}),
            "spec.training.data.label: column \"colour\" is not in " + uri +
                "; its columns are x, y, side");
}

TEST_F(Tables, WhatIsWrongWithAFileBeginsWithTheFieldThatNamesIt) {
  const std::string field = "spec.training.data.train.uri";
  const auto words = [&](const std::string& uri) {
    return why({.uri = uri, .label = "y", .field = field});
  };
  const std::string lost = "file://" + folder_ + "/lost.csv";
  EXPECT_EQ(words(lost), field + ": reading " + lost + ": it does not exist; check the path");
  for (const auto& uri : {write("empty.csv", ""), write("ragged.csv", "x,y\n1,2,3\n"),
                          write("text.csv", "x,y\n1,0\nabc,1\n"), write("label.csv", "y\n0\n1\n")})
    EXPECT_THAT(words(uri), StartsWith(field + ": " + uri));
}

TEST_F(Tables, TextAmongNumbersNamesColumnRowAndText) {
  const auto uri = write("t.csv", "x,y\n1,0\nabc,1\n");
  EXPECT_THAT(why({.uri = uri, .label = "y"}),
              AllOf(HasSubstr(uri), HasSubstr("column \"x\", row 2"), HasSubstr("abc"),
                    HasSubstr("numbers")));
}

TEST_F(Tables, AnInfiniteValueNamesColumnAndRow) {
  const auto uri = write("t.csv", "x,y\n1,0\ninf,1\n");
  EXPECT_THAT(why({.uri = uri, .label = "y"}), HasSubstr("column \"x\", row 2"));
}

TEST_F(Tables, AMissingOrFractionalLabelNamesTheRow) {
  EXPECT_THAT(why({.uri = write("a.csv", "x,y\n1,0\n2,\n3,1\n"), .label = "y"}),
              HasSubstr("row 2"));
  EXPECT_THAT(why({.uri = write("b.csv", "x,y\n1,0.5\n2,1\n"), .label = "y"}),
              AllOf(HasSubstr("row 1"), HasSubstr("0.5"), HasSubstr("whole numbers")));
  EXPECT_THAT(why({.uri = write("c.csv", "x,y\n1,4\n2,4\n"), .label = "y"}),
              HasSubstr("only one value"));
}

TEST_F(Tables, OtherWrongFilesAreNamed) {
  EXPECT_THAT(why({.uri = write("empty.csv", ""), .label = "y"}), HasSubstr("empty"));
  EXPECT_THAT(why({.uri = write("none.csv", "x,y\n"), .label = "y"}), HasSubstr("none.csv"));
  EXPECT_THAT(why({.uri = write("twice.csv", "x,x,y\n1,2,0\n1,2,1\n"), .label = "y"}),
              HasSubstr("\"x\""));
  EXPECT_THAT(why({.uri = write("ragged.csv", "x,y\n1,2,3\n"), .label = "y"}),
              HasSubstr("ragged.csv"));
  EXPECT_THAT(why({.uri = write("t.xlsx", "x"), .label = "y"}), HasSubstr(".parquet"));
}

TEST_F(Tables, ValidationTakesColumnsAndClassesOfTheTrainingData) {
  const auto train =
      read_table(store_, {.uri = write("train.csv", "a,b,y\n1,2,10\n3,4,20\n"), .label = "y"});
  ASSERT_TRUE(train);
  const auto good = read_table(
      store_, {.uri = write("v.csv", "y,b,c,a\n20,5,0,6\n"), .label = "y", .like = &*train});
  ASSERT_TRUE(good) << good.error().message();
  EXPECT_THAT(good->values, ElementsAre(6, 5));
  EXPECT_THAT(good->labels, ElementsAre(1));
  const auto strange = write("w.csv", "a,b,y\n1,2,30\n");
  EXPECT_EQ(why({.uri = strange, .label = "y", .like = &*train}),
            strange + ": row 1 (line 2): the label 30 does not occur in the training data");
  const auto lacking = write("u.csv", "a,y\n1,10\n");
  EXPECT_EQ(why({.uri = lacking, .label = "y", .field = "validation", .like = &*train}),
            "validation: feature column \"b\" is not in " + lacking + "; its columns are a, y");
}

TEST_F(Tables, ALabelThatTrainingLacksIsToldByItsFileAndItsLineThere) {
  const auto train =
      read_table(store_, {.uri = write("train.csv", "a,y\n1,10\n3,20\n"), .label = "y"});
  ASSERT_TRUE(train);
  write("many/a.csv", "a,y\n1,10\n2,20\n");
  const auto second = write("many/b.csv", "a,y\nabc,10\n\n2,30\n");
  BadRows bad(1);
  EXPECT_THAT(
      why({.uri = "file://" + folder_ + "/many", .label = "y", .like = &*train, .bad_rows = &bad}),
      testing::EndsWith("/many: row 2 (line 4) of " + second +
                        ": the label 30 does not occur in the training data"));
}

TEST_F(Tables, NumbersAreKeptUntilTheyAreSaidToBeClasses) {
  auto train = read_table(
      store_,
      {.uri = write("train.csv", "a,y\n1,20\n3,20\n"), .label = "y", .keeps_numbers = true});
  ASSERT_TRUE(train) << train.error().message();
  EXPECT_THAT(train->labels, ElementsAre(20, 20));
  auto other = read_table(
      store_,
      {.uri = write("v.csv", "a,y\n1,30\n"), .label = "y", .like = &*train, .keeps_numbers = true});
  ASSERT_TRUE(other) << other.error().message();
  EXPECT_THAT(other->labels, ElementsAre(30));
  EXPECT_THAT(code_labels(*train, "y").error().message(), HasSubstr("has only one value, \"20\""));
  other->classes.numbers = {20, 30};
  ASSERT_TRUE(code_labels(*other, "y"));
  EXPECT_THAT(other->labels, ElementsAre(1));
}

TEST_F(Tables, RowsAreTakenInTheOrderAskedFor) {
  const auto table =
      read_table(store_, {.uri = write("t.csv", "x,z,y\n1,2,0\n3,4,1\n5,6,0\n"), .label = "y"});
  ASSERT_TRUE(table);
  const auto taken = take_rows(*table, {2, 1});
  EXPECT_THAT(taken.values, ElementsAre(5, 6, 3, 4));
  EXPECT_THAT(taken.labels, ElementsAre(0, 1));
  EXPECT_EQ(taken.rows, 2);
  EXPECT_EQ(taken.origins.at(0).place, "row 3 (line 4)");
  EXPECT_EQ(taken.origins.at(1).place, "row 2 (line 3)");
}

TEST(ClassesCodec, KeepsNumbersAndTextsAndRefusesAnythingElse) {
  const Classes numbers{.integers = true, .numbers = {-1, 4}, .texts = {}};
  EXPECT_EQ(decode_classes(encode(numbers), "classes").value(), numbers);
  const Classes texts{.integers = false, .numbers = {}, .texts = {"a", "b"}};
  EXPECT_EQ(decode_classes(encode(texts), "classes").value(), texts);
  for (const char* wrong : {"[]", "{}", "[1, \"a\"]", "[2, 1]", "[1, 1]", "[1.5]"})
    EXPECT_FALSE(decode_classes(base::parse_json(wrong).value(), "classes")) << wrong;
}

}  // namespace
}  // namespace cresset::data
