#include "worker/data/read_files.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "operator/base/digest.h"
#include "worker/data/store.h"

namespace cresset::data::read_files_test {
namespace {

using testing::ElementsAre;

class Files : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string uri(const std::string& name) const { return "file://" + folder_ + "/" + name; }
  void write(const std::string& name, const std::string& bytes) {
    EXPECT_TRUE(store_.write(uri(name), bytes));
  }
  base::Result<FileRows> read(const std::string& name) {
    return read_files(store_,
                      {.uri = uri(name),
                       .field = "train: ",
                       .max_bytes = 1 << 20,
                       .choose =
                           [](const auto&) {
                             return ChosenColumns{{"x"}, {"y"}};
                           },
                       .threads = threads_},
                      bad_);
  }
  // Words about s3://data as they are about the folder of this test.
  std::string here(std::string words) const {
    for (size_t at; (at = words.find("s3://data/")) != std::string::npos;)
      words.replace(at, 10, uri(""));
    return words;
  }
  std::string why(const std::string& name) {
    const auto rows = read(name);
    return rows ? "no error" : rows.error().message();
  }

  const std::string folder_ = testing::TempDir() + "read_files_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name();
  Store store_{{}, {}};
  BadRows bad_;
  size_t threads_ = 3;
};

TEST_F(Files, FilesAreLaidEndToEndByName) {
  write("b.csv", "x,y\n3,0\n4.5,1\n");
  write("a.csv", "y,x\n1,1\n0,2\n");
  const auto rows = read("*.csv");
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(rows->files, 2);
  EXPECT_EQ(rows->rows, 4);
  EXPECT_THAT(rows->values, ElementsAre(1, 2, 3, 4.5));
  EXPECT_THAT(rows->labels.numbers, ElementsAre(1, 0, 0, 1));
  EXPECT_EQ(rows->digest,
            "sha256:" + base::sha256(base::sha256("y,x\n1,1\n0,2\n") + "  a.csv\n" +
                                     base::sha256("x,y\n3,0\n4.5,1\n") + "  b.csv\n"));
}

TEST_F(Files, OfOneFileTheDigestIsItsOwn) {
  write("a.csv", "x,y\n1,1\n0,2\n");
  EXPECT_EQ(read("").value().digest, read("a.csv").value().digest);
}

TEST_F(Files, OtherColumnsAreToldByBothFilesAndTheColumn) {
  write("a.csv", "x,y\n1,1\n");
  write("b.csv", "x,z,y\n1,5,1\n");
  EXPECT_EQ(why(""), "train: " + uri("b.csv") + " has the column \"z\", which " + uri("a.csv") +
                         " lacks; all files must have the same columns");
  write("b.csv", "x\n1\n");
  EXPECT_EQ(
      why(""),
      here(
          R"(train: s3://data/b.csv lacks the column "y", which s3://data/a.csv has; all files must have the same columns)"));
}

TEST_F(Files, LabelsThatAreNumbersHereAndTextsThereAreAnError) {
  write("a.csv", "x,y\n1,1\n");
  write("b.csv", "x,y\n1,left\n");
  EXPECT_EQ(why(""), "train: " + uri("b.csv") +
                         ": label column \"y\" holds texts, the files before it hold numbers");
}

TEST_F(Files, AFileOfAnotherKindIsNamedWithTheEndsThatAreAllowed) {
  write("a.csv", "x,y\n1,1\n");
  write("b.md", "# About");
  EXPECT_THAT(why(""), testing::StartsWith("train: " + uri("b.md") +
                                           ": allowed are names that end in .parquet"));
}

TEST_F(Files, AllFilesTogetherMayNotBeOverTheLimit) {
  write("a.csv", "x,y\n1,1\n" + std::string(600 << 10, '\n'));
  write("b.csv", "x,y\n1,1\n" + std::string(600 << 10, '\n'));
  EXPECT_THAT(why(""), testing::StartsWith("train: " + uri("b.csv") + " has "));
}

// More than are copied in one turn.
TEST_F(Files, ALongFileKeepsItsOrder) {
  std::string text = "x,y\n";
  for (int i = 0; i < 5000; ++i) text += std::to_string(i) + "," + std::to_string(i % 7) + "\n";
  write("a.csv", text);
  const auto rows = read("a.csv");
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->values.size(), 5000);
  for (int i = 0; i < 5000; ++i) {
    EXPECT_EQ(rows->values[static_cast<size_t>(i)], i);
    EXPECT_EQ(rows->labels.numbers[static_cast<size_t>(i)], i % 7);
  }
}

TEST_F(Files, BadRowsUpToTheLimitAreLeftOutAndNamed) {
  bad_ = BadRows(5);
  write("a.csv", "x,y\n1,0\n\nabc,1\n3\n4,1\n,0\n");
  write("b.csv", "x,y\ninf,0\nNA,1\n8,1,9\n9,0\n");
  const auto rows = read("");
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(rows->rows, 5);
  EXPECT_THAT(rows->labels.numbers, ElementsAre(0, 1, 0, 1, 0));
  EXPECT_EQ(rows->values[1], 4);
  EXPECT_EQ(rows->values[4], 9);
  EXPECT_EQ(bad_.count(), 4);
  EXPECT_THAT(
      bad_.first(),
      ElementsAre(
          uri("a.csv") + ": line 5: found 1 values, allowed are 2: 3",
          uri("a.csv") + ": column \"x\", row 2 (line 4): found \"abc\", allowed are numbers",
          uri("b.csv") + ": line 4: found 3 values, allowed are 2: 8,1,9",
          uri("b.csv") +
              ": column \"x\", row 1 (line 2): found an infinite value, allowed are finite 32-bit "
              "floats"));
}

TEST_F(Files, WhereARowCameFromIsKnownWhateverWasLeftOutBeforeIt) {
  bad_ = BadRows(3);
  write("a.csv", "x,y\n1,0\n\nabc,1\n3\n4,1\n");
  write("b.jsonl", "{\"x\": 5, \"y\": 0}\n[]\n{\"x\": 6, \"y\": 1}\n");
  const auto rows = read("");
  ASSERT_TRUE(rows) << rows.error().message();
  ASSERT_EQ(rows->rows, 4);
  EXPECT_EQ(rows->origins.at(0), (RowOrigin{uri("a.csv"), "row 1 (line 2)"}));
  EXPECT_EQ(rows->origins.at(1), (RowOrigin{uri("a.csv"), "row 3 (line 6)"}));
  EXPECT_EQ(rows->origins.at(2), (RowOrigin{uri("b.jsonl"), "row 1 (line 1)"}));
  EXPECT_EQ(rows->origins.at(3), (RowOrigin{uri("b.jsonl"), "row 2 (line 3)"}));
}

// Arrow reads a megabyte at a time.
TEST_F(Files, ABadRowFarDownInALongFileIsNamedByItsLine) {
  bad_ = BadRows(2);
  std::string text = "x,y\n";
  for (int i = 0; i < 400000; ++i) text += i == 300000 ? "1\n" : i == 350000 ? "a,1\n" : "1,0\n";
  write("a.csv", text);
  const auto rows = read_files(store_,
                               {.uri = uri("a.csv"),
                                .field = "",
                                .max_bytes = 1 << 24,
                                .choose =
                                    [](const auto&) {
                                      return ChosenColumns{{"x"}, {"y"}};
                                    }},
                               bad_);
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(rows->rows, 399998);
  EXPECT_THAT(bad_.first(),
              ElementsAre(uri("a.csv") + ": line 300002: found 1 values, allowed are 2: 1",
                          uri("a.csv") + ": column \"x\", row 350000 (line 350002): found \"a\", "
                                         "allowed are numbers"));
}

TEST_F(Files, ARowWithTwoWrongValuesIsOneBadRowAndOneWithoutALabelIsOneToo) {
  bad_ = BadRows(2);
  write("a.csv", "x,y\nabc,\n1,0\n2,\n4,1\n");
  const auto rows = read("a.csv");
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_THAT(rows->values, ElementsAre(1, 4));
  EXPECT_EQ(bad_.count(), 2);
}

// Twelve files of two formats, some with bad rows, others with none that can be used.
class SameFiles : public Files {
 protected:
  void SetUp() override {
    for (int file = 0; file < 12; ++file) {
      const std::string name = std::string(1, static_cast<char>('a' + file));
      std::string csv = "t,y,x\n", lines;
      for (int row = 0; row < 40; ++row) {
        const int all = 40 * file + row;
        const bool bad = all % 97 == 5 || file == 7;
        const std::string y = std::to_string(all % 3), t = "t" + std::to_string(all * 7 % 31);
        csv += t + "," + y + "," + (bad ? "abc" : std::to_string(all)) + "\n";
        lines += R"({"x": )" + (bad ? R"("abc")" : std::to_string(all)) + R"(, "t": ")" + t +
                 R"(", "y": )" + y + "}\n";
      }
      write(name + (file % 2 == 0 ? ".csv" : ".jsonl"), file % 2 == 0 ? csv : lines);
    }
  }
  base::Result<FileRows> read(size_t threads, int64_t limit, const std::string& name = "") {
    bad_ = BadRows(limit);
    return read_files(store_,
                      {.uri = uri(name),
                       .field = "train: ",
                       .max_bytes = max_bytes_,
                       .choose =
                           [](const auto&) {
                             return ChosenColumns{{"t", "x"}, {"y"}, "y"};
                           },
                       .is_text = [](const std::string& column) { return column == "t"; },
                       .threads = threads,
                       .most_bytes_at_once = most_bytes_at_once_},
                      bad_);
  }
  size_t max_bytes_ = 1 << 20;
  size_t most_bytes_at_once_ = 1 << 20;
};

TEST_F(SameFiles, AreTheSameRowsHoweverManyAreReadAtOnce) {
  const auto wanted = read(1, 100);
  ASSERT_TRUE(wanted) << wanted.error().message();
  const auto first_bad = bad_.first();
  EXPECT_EQ(bad_.count(), 480 - wanted->rows);
  for (const size_t threads : {2, 5, 20}) {
    most_bytes_at_once_ = 400 * threads;  // some wait for room
    const auto rows = read(threads, 100);
    ASSERT_TRUE(rows) << rows.error().message();
    EXPECT_EQ(rows->digest, wanted->digest);
    EXPECT_EQ(rows->files, 12);
    EXPECT_EQ(rows->rows, wanted->rows);
    EXPECT_EQ(rows->values, wanted->values);
    EXPECT_EQ(rows->labels.numbers, wanted->labels.numbers);
    EXPECT_EQ(rows->groups, wanted->groups);
    EXPECT_EQ(rows->texts.at(0).texts, wanted->texts.at(0).texts);
    for (int64_t row = 0; row < rows->rows; ++row)
      ASSERT_EQ(rows->origins.at(row), wanted->origins.at(row));
    EXPECT_EQ(bad_.first(), first_bad);
    EXPECT_EQ(bad_.count(), 480 - wanted->rows);
  }
}

TEST_F(SameFiles, AreTheSameErrorsHoweverManyAreReadAtOnce) {
  const auto told = [&](size_t threads, int64_t limit) {
    const auto rows = read(threads, limit);
    return rows ? "no error" : rows.error().message() + std::to_string(bad_.count());
  };
  for (const int64_t limit : {0, 1, 2, 3, 5, 20, 43}) {
    const auto wanted = told(1, limit);
    EXPECT_NE(wanted, "no error");
    for (const size_t threads : {2, 5, 20}) EXPECT_EQ(told(threads, limit), wanted) << limit;
  }
  for (const size_t most : {1, 600, 4000}) {
    max_bytes_ = most;
    EXPECT_EQ(told(5, 100), told(1, 100)) << most;
  }
}

TEST_F(SameFiles, AreTheSameErrorsOfFilesThatDoNotFitTheFirst) {
  for (const auto& [name, bytes] : {std::pair{"f2.csv", "t,y,x\na,left,2\n"},
                                    {"f2.csv", "t,y,x\na,left,abc\n"},
                                    {"f2.csv", "t,y\na,1\n"},
                                    {"f2.md", "# About"},
                                    {"f2.csv", ""},
                                    {"a0.csv", "t,y\na,1\n"},
                                    {"a.csv", ""}}) {
    write(name, bytes);
    const auto wanted = read(1, 100), found = read(5, 100);
    ASSERT_FALSE(wanted) << bytes;
    ASSERT_FALSE(found) << bytes;
    EXPECT_EQ(found.error().message(), wanted.error().message());
    std::filesystem::remove(folder_ + "/" + name);
  }
}

TEST_F(Files, AFirstOneThatChangesWhileItIsReadOnceMoreTellsTheColumnsOfAll) {
  write("a.csv", "x,z,y\nabc,1,0\n");
  write("b.csv", "x,z,y\n3,4,1\n");
  bool changed = false;
  const auto rows = read_files(store_,
                               {.uri = uri(""),
                                .field = "",
                                .max_bytes = 1 << 20,
                                .choose =
                                    [&](const auto& names) {
                                      if (!std::exchange(changed, true))
                                        write("a.csv", "z,x,y\n1,2,0\n");
                                      return ChosenColumns{{names[0], names[1]}, {"y"}};
                                    },
                                .threads = 2},
                               bad_);
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_THAT(rows->values, ElementsAre(1, 2, 4, 3));
}

TEST_F(Files, OneWithoutAnyLabelIsOfBadRowsAloneWhateverLabelsTheOthersHave) {
  for (const bool first : {true, false}) {
    bad_ = BadRows(2);
    write(first ? "a.csv" : "b.csv", "x,y\n1,\n2,NA\n");
    write(first ? "b.csv" : "a.csv", "x,y\n3,left\n");
    const auto rows = read("");
    ASSERT_TRUE(rows) << rows.error().message();
    EXPECT_THAT(rows->values, ElementsAre(3));
    EXPECT_THAT(rows->labels.texts, ElementsAre("left"));
    EXPECT_FALSE(rows->labels.integers);
    EXPECT_EQ(bad_.count(), 2);
  }
}

TEST_F(Files, TextsThatStandForMissingOnesInCsvAreNoLabels) {
  bad_ = BadRows(4);
  write("a.csv", "x,y\n1,left\n2,NA\n3,null\n4,NaN\n5,\n6,right\n");
  const auto rows = read("a.csv");
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_THAT(rows->labels.texts, ElementsAre("left", "right"));
}

TEST_F(Files, AColumnThatIsNamedAsAValueOfAListIsToldWithIt) {
  write("a.jsonl", "{\"x\": 1, \"v\": [1, 2], \"v[1]\": 3, \"y\": 1}\n");
  EXPECT_EQ(why("a.jsonl"), "train: " + uri("a.jsonl") +
                                ": the list \"v\" and the column \"v[1]\" both make a column "
                                "\"v[1]\"; allowed is one of a name");
}

TEST_F(Files, MoreBadRowsThanTheLimitAreAnErrorThatNamesThem) {
  bad_ = BadRows(1);
  write("a.csv", "x,y\nabc,0\n1,0\ndef,1\n4,1\n");
  EXPECT_EQ(
      why("a.csv"),
      "spec.training.data.badRows.limit is 1, and more rows than that cannot be used; " +
          uri("a.csv") + ": column \"x\", row 1 (line 2): found \"abc\", allowed are numbers; " +
          uri("a.csv") + ": column \"x\", row 3 (line 4): found \"def\", allowed are numbers");
}

TEST_F(Files, WithoutALimitTheFirstBadRowIsTheError) {
  write("a.csv", "x,y\n1,0\n2,0,3\n");
  EXPECT_EQ(why("a.csv"),
            "train: " + uri("a.csv") + ": line 3: found 3 values, allowed are 2: 2,0,3");
}

}  // namespace
}  // namespace cresset::data::read_files_test
