// Each format as its usual writer wrote it (tests/bench/references/data_files.py).
#include "worker/data/data_file.h"

#include <arrow/api.h>
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "operator/base/file.h"
#include "worker/data/read_files.h"
#include "worker/data/store.h"
#include "worker/data/table.h"

namespace cresset::data::data_file_test {
namespace {

using base::Json;
using testing::Each;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kFiles =
    std::string(std::getenv("CRESSET_SOURCE_DIR")) + "/tests/unit/worker/data/files/";

std::vector<float> column(const Table& table, const std::string& name) {
  const auto at = std::find(table.columns.begin(), table.columns.end(), name);
  EXPECT_NE(at, table.columns.end()) << name;
  std::vector<float> values;
  for (int64_t row = 0; row < table.rows; ++row)
    values.push_back(table.values[static_cast<size_t>(row) * table.columns.size() +
                                  static_cast<size_t>(at - table.columns.begin())]);
  return values;
}

class Written : public testing::TestWithParam<const char*> {
 protected:
  Store store_{{}, {}};
};

TEST_P(Written, IsTheSameTable) {
  const auto table = read_table(store_, {.uri = "file://" + kFiles + GetParam(), .label = "side"});
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->columns.size(), 5);
  auto x = column(*table, "x");
  ASSERT_EQ(x.size(), 5);
  EXPECT_TRUE(std::isnan(x[2]));
  x[2] = 0;
  EXPECT_THAT(x, ElementsAre(0.5F, -1.25F, 0, 3, 1e-3F));
  EXPECT_THAT(column(*table, "n"), ElementsAre(3, 0, -7, 2147483648.0F, 5));
  EXPECT_THAT(column(*table, "v[0]"), ElementsAre(1, 4, 0, -1, 0.25F));
  EXPECT_THAT(column(*table, "v[1]"), ElementsAre(2, 5, 0, -2, 0.5F));
  EXPECT_THAT(column(*table, "v[2]"), ElementsAre(3, 6.5F, 0, -3, 0.75F));
  EXPECT_THAT(table->classes.texts, ElementsAre("left", "right", "Übrig"));
  EXPECT_THAT(table->labels, ElementsAre(0, 1, 1, 2, 0));
}

INSTANTIATE_TEST_SUITE_P(Formats, Written,
                         testing::Values("points.csv", "points.csv.gz", "points.jsonl",
                                         "points.jsonl.gz", "points.parquet", "frame.parquet",
                                         "points.npz", "packed.npz", "points.npy",
                                         "points.tfrecord", "points.tfrecord.gz"));

TEST_P(Written, CutOffAnywhereIsAnErrorOrFewerRows) {
  const std::string name = GetParam(), folder = testing::TempDir() + "cut_off";
  const auto whole = base::read_file(kFiles + name).value();
  const auto rows_of = [&](size_t size) {
    EXPECT_TRUE(store_.write("file://" + folder + "/" + name, whole.substr(0, size)));
    const auto table = read_table(
        store_, {.uri = "file://" + folder + "/" + name, .label = "side", .features = {"n"}});
    return table ? table->rows : 0;
  };
  const bool lines = name.ends_with(".csv") || name.ends_with(".jsonl");
  for (size_t size = 0; size < whole.size() - 1; size += 3) {
    const auto rows = rows_of(size);
    if (lines || name == "points.tfrecord")
      EXPECT_LT(rows, 6) << size;
    else
      EXPECT_EQ(rows, 0) << size;
  }
  std::filesystem::remove_all(folder);
}

// Packed ones and lists among them, most of which wait for room.
TEST(FilesOfAllFormats, AreTheSameRowsWhenTheyAreReadAtOnce) {
  const std::string folder = testing::TempDir() + "all_formats/";
  std::filesystem::create_directories(folder);
  for (const std::string name : {"points.jsonl", "points.jsonl.gz", "points.npz", "points.npy",
                                 "points.parquet", "points.tfrecord.gz"})
    std::filesystem::copy_file(kFiles + name, folder + name);
  Store store({}, {});
  std::vector<FileRows> read;
  for (const size_t threads : {1, 4}) {
    BadRows bad;
    auto rows = read_files(store,
                           {.uri = "file://" + folder,
                            .field = "",
                            .max_bytes = 1 << 20,
                            .choose =
                                [](const auto&) {
                                  return ChosenColumns{{"v[0]", "v[1]", "v[2]"}, {"n"}, "side"};
                                },
                            .is_text = [](const std::string& name) { return name == "v[1]"; },
                            .label_kind = LabelKind::kNumbers,
                            .threads = threads,
                            .most_bytes_at_once = 300},
                           bad);
    ASSERT_TRUE(rows) << rows.error().message();
    for (auto& value : rows->values) value = std::isnan(value) ? -99 : value;
    read.push_back(std::move(*rows));
  }
  EXPECT_EQ(read[0].rows, 30);
  EXPECT_EQ(read[1].values, read[0].values);
  EXPECT_EQ(read[1].texts.at(0).texts, read[0].texts.at(0).texts);
  EXPECT_EQ(read[1].targets, read[0].targets);
  EXPECT_EQ(read[1].groups, read[0].groups);
  for (size_t row = 0; row < 30; row += 5) EXPECT_EQ(read[1].values[3 * row + 2], 3) << row;
  std::filesystem::remove_all(folder);
}

TEST(NumpyFiles, FurtherAxesAreAListInTheOrderOfCWhateverTheFilesOrder) {
  Store store{{}, {}};
  for (const char* name : {"cube.npy", "cube_fortran.npy"}) {
    BadRows bad;
    const auto rows =
        read_files(store,
                   {.uri = "file://" + kFiles + name,
                    .field = "",
                    .max_bytes = 1 << 20,
                    .choose =
                        [](const auto& names) {
                          return ChosenColumns{{names.begin(), names.end() - 1}, {names.back()}};
                        }},
                   bad);
    ASSERT_TRUE(rows) << rows.error().message();
    std::vector<float> wanted;  // the last is the label
    for (int row = 0; row < 2; ++row)
      for (int i = 0; i < 11; ++i) wanted.push_back(static_cast<float>(row * 12 + i));
    EXPECT_THAT(rows->values, ElementsAreArray(wanted));
    EXPECT_THAT(rows->labels.numbers, ElementsAre(11, 23));
  }
}

class Images : public testing::Test {
 protected:
  Store store_{{}, {}};
  const std::string uri_ = "file://" + kFiles + "images/";
};

TEST_F(Images, AreThePixelsThatPillowMakesOfThemChannelByChannel) {
  const auto expected = base::parse_json(base::read_file(kFiles + "images.json").value()).value();
  for (const auto& [size, pictures] : expected.items()) {
    worker_contract::ImagesSpec images;
    ASSERT_EQ(
        std::sscanf(size.c_str(), "%ldx%ldx%ld", &images.channels, &images.height, &images.width),
        3);
    const auto table = read_table(store_, {.uri = uri_, .label = "class", .images = images});
    ASSERT_TRUE(table) << table.error().message();
    EXPECT_THAT(table->classes.texts, ElementsAre("left", "right"));
    EXPECT_THAT(table->labels, ElementsAre(0, 0, 0, 1, 1, 1, 1));
    EXPECT_EQ(table->columns.front(), "pixel[0]");
    size_t row = 0;
    for (const auto& [name, values] : pictures.items()) {  // by name, as the files are
      const auto width = values.size();
      ASSERT_EQ(table->columns.size(), width);
      const auto first = table->values.begin() + static_cast<std::ptrdiff_t>(row++ * width);
      EXPECT_THAT(std::vector<float>(first, first + static_cast<std::ptrdiff_t>(width)),
                  ElementsAreArray(values.get<std::vector<float>>()))
          << size << " " << name;
    }
  }
}

TEST_F(Images, WithoutASizeAreAnErrorThatNamesTheField) {
  const auto table = read_table(store_, {.uri = uri_, .label = "class", .field = "train"});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().message(),
            "train: " + uri_ +
                "left/gray.png: spec.training.data.images is required to read images: it tells the "
                "size they all get");
}

TEST_F(Images, OneThatIsCutOffIsABadRow) {
  const std::string folder = testing::TempDir() + "cut_images/";
  for (const char* name :
       {"left/rgb.png", "left/gray.png", "right/smooth.jpg", "right/alpha.png"}) {
    auto bytes = base::read_file(kFiles + "images/" + name).value();
    if (std::string(name) == "left/rgb.png" || std::string(name) == "right/smooth.jpg")
      bytes.resize(bytes.size() / 2);
    ASSERT_TRUE(store_.write("file://" + folder + name, bytes));
  }
  BadRows bad(2);
  const auto table = read_table(store_, {.uri = "file://" + folder,
                                         .label = "class",
                                         .bad_rows = &bad,
                                         .images = {.height = 4, .width = 4}});
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->rows, 2);
  EXPECT_THAT(bad.first(), ElementsAre(HasSubstr("left/rgb.png: not readable as PNG: "),
                                       HasSubstr("right/smooth.jpg: not readable as JPEG: ")));
  std::filesystem::remove_all(folder);
}

class Lines : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  base::Result<Table> read(const std::string& bytes, int64_t limit) {
    bad_ = BadRows(limit);
    EXPECT_TRUE(store_.write("file://" + folder_ + "/a.jsonl", bytes));
    return read_table(store_,
                      {.uri = "file://" + folder_ + "/a.jsonl", .label = "y", .bad_rows = &bad_});
  }
  Store store_{{}, {}};
  BadRows bad_;
  const std::string folder_ = testing::TempDir() + "json_lines";
};

TEST_F(Lines, OfJsonThatCannotBeReadAreBadRows) {
  const auto table = read(
      "{\"x\": 1, \"v\": [1, 2], \"y\": true}\n"
      "\n"
      "{\"x\": 2, \"v\": [1, 2, 3], \"y\": true}\n"
      "{\"x\": 2, \"v\": [1, 2],\n"
      "[1]\n"
      "{\"x\": {\"z\": 1}, \"v\": [1, 2], \"y\": false}\n"
      "{\"x\": 3, \"x\": 4, \"v\": [1, 2], \"y\": false}\n"
      "{\"x\": \"abc\", \"v\": [1, 2], \"y\": false}\r\n"
      "{\"y\": false, \"v\": [3, 4]}",
      6);
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->rows, 2);
  EXPECT_THAT(column(*table, "v[1]"), ElementsAre(2, 4));
  EXPECT_TRUE(std::isnan(column(*table, "x")[1]));
  EXPECT_THAT(table->labels, ElementsAre(1, 0));
  const std::string at = "file://" + folder_ + "/a.jsonl: ";
  EXPECT_THAT(bad_.first(), Each(StartsWith(at)));
  EXPECT_THAT(
      bad_.first(),
      ElementsAre(at + "line 3: column \"v\": found a list of 3, allowed is a list of 2, as "
                       "in the rows before",
                  HasSubstr("line 4: broken JSON: "), HasSubstr("line 5: found no object"),
                  HasSubstr("line 6: column \"x\": found an object or a mixed"),
                  at + "line 7: column \"x\": found it twice",
                  at + "column \"x\", row 2 (line 8): found \"abc\", allowed are numbers"));
}

TEST_F(Lines, ThatEachNameAnotherColumnAreRefusedBeforeTheyFillTheMemory) {
  std::string text;
  for (int i = 10000; i < 30000; ++i) text += "{\"" + std::to_string(i) + "\":1}\n";
  const auto table = read(text, 0);
  ASSERT_FALSE(table);
  // 12 bytes a line: 3.84 million values may be missing, 1960 × 1960 but the 1960 that are there.
  EXPECT_EQ(table.error().message(),
            "file://" + folder_ +
                "/a.jsonl: its first 1961 rows have 1961 different columns (a list counts as many "
                "as it has values), of which 3843560 values are missing, allowed are 3840000");
}

TEST_F(Lines, ThatLackALongListAreRefusedByHowLongItIs) {
  std::string text = "{\"y\":0,\"v\":[0";
  for (int i = 1; i < 1000; ++i) text += ",0";
  text += "]}\n";
  for (int i = 0; i < 1000; ++i) text += "{\"y\":1}\n";
  const auto table = read(text, 0);
  ASSERT_FALSE(table);
  EXPECT_THAT(table.error().message(), HasSubstr(" rows have 1001 different columns"));
}

TEST_F(Lines, MayLackMuchOfFewColumns) {
  std::string text = "{\"x\":2,\"y\":0}\n";
  for (int i = 0; i < 1000; ++i) text += "{\"y\":1}\n";
  const auto table = read(text, 0);
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->rows, 1001);
}

TEST_F(Lines, HoldNumbersAmongTextsAsPeopleWriteThem) {
  const auto table =
      read("{\"x\":1,\"y\":100000}\n{\"x\":1,\"y\":\"a\"}\n{\"x\":1,\"y\":2e5}\n", 0);
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_THAT(table->classes.texts, ElementsAre("100000", "200000", "a"));
}

TEST(ColumnsOfAFile, AreAsManyAsTheirListsHaveValuesAndNotMoreThanCanBe) {
  const auto why = [](const arrow::FieldVector& fields) {
    const auto columns = columns_of(arrow::Schema(fields));
    return columns ? "no error" : columns.error().message();
  };
  const auto list = [](const char* name, int32_t size) {
    return arrow::field(name, arrow::fixed_size_list(arrow::float32(), size));
  };
  EXPECT_EQ(why({list("v", 1 << 19), list("w", 1 << 19)}), "no error");
  for (const arrow::FieldVector& fields :
       {arrow::FieldVector{list("v", 2000000000)},
        {list("v", 1 << 19), list("w", 1 << 19), arrow::field("x", arrow::float32())}})
    EXPECT_EQ(why(fields),
              "it has more than 1048576 columns; a list counts as many as it has values");
  EXPECT_EQ(why({list("v", 0)}),
            "column \"v\" is a list of 0 values, allowed are lists of 1 or more");
}

}  // namespace
}  // namespace cresset::data::data_file_test
