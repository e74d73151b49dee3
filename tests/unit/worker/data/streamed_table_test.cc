#include "worker/data/streamed_table.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <gmock/gmock.h>
#include <parquet/arrow/writer.h>

#include <filesystem>

#include "worker/data/store.h"

namespace cresset::data::streamed_table_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class Streamed : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string uri(const std::string& name) const { return "file://" + folder_ + "/" + name; }
  void write(const std::string& name, const std::string& bytes) {
    EXPECT_TRUE(store_.write(uri(name), bytes));
  }
  // Rows `first` to `first + rows - 1`: x is the row, y its remainder by 3.
  void write_parquet(const std::string& name, int64_t first, int64_t rows, int64_t group) {
    arrow::DoubleBuilder x;
    arrow::Int64Builder y;
    for (int64_t row = first; row < first + rows; ++row)
      ASSERT_TRUE(x.Append(static_cast<double>(row)).ok() && y.Append(row % 3).ok());
    const auto table = arrow::Table::Make(
        arrow::schema({arrow::field("x", arrow::float64()), arrow::field("y", arrow::int64())}),
        {x.Finish().ValueOrDie(), y.Finish().ValueOrDie()});
    const auto file = arrow::io::FileOutputStream::Open(folder_ + "/" + name).ValueOrDie();
    ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), file, group).ok());
  }
  void write_csv(const std::string& name, int64_t first, int64_t rows) {
    std::string text = "x,y\n";
    for (int64_t row = first; row < first + rows; ++row)
      text += std::to_string(row) + "," + std::to_string(row % 3) + "\n";
    write(name, text);
  }

  TableRequest request(const std::string& name) const {
    return {.uri = uri(name), .label = "y", .field = "train"};
  }
  void open(const std::string& name, size_t most_bytes = 1 << 20) {
    auto opened = StreamedTable::open(store_, request(name), most_bytes);
    ASSERT_TRUE(opened) << opened.error().message();
    table_ = std::move(*opened);
  }
  // Scans all files; all that it saw of column x.
  std::vector<float> scan(int64_t least_rows = 1) {
    std::vector<float> seen;
    std::vector<ScannedFile> files;
    for (size_t file = 0; file < table_->uris().size(); ++file) {
      auto scanned = table_->scan(
          file, bad_,
          [&](const FileRows& rows) -> base::Result<void> {
            seen.insert(seen.end(), rows.values.begin(), rows.values.end());
            return {};
          },
          stop_);
      EXPECT_TRUE(scanned) << scanned.error().message();
      if (scanned) files.push_back(std::move(*scanned));
    }
    table_->set_files(files, least_rows);
    return seen;
  }
  std::string why_scan_fails() {
    const auto scanned = table_->scan(
        0, bad_, [](const FileRows&) { return base::Result<void>(); }, stop_);
    return scanned ? "no error" : scanned.error().message();
  }
  // All blocks, one after the other.
  std::vector<float> read_all(const Table& like) {
    std::vector<float> values;
    for (const auto& block : table_->blocks()) {
      auto rows = table_->read(block, like, false);
      EXPECT_TRUE(rows) << rows.error().message();
      if (!rows) continue;
      EXPECT_EQ(rows->rows, StreamedTable::rows_of(block));
      values.insert(values.end(), rows->values.begin(), rows->values.end());
      labels_.insert(labels_.end(), rows->labels.begin(), rows->labels.end());
      for (int64_t row = 0; row < rows->rows; ++row) origins_.push_back(rows->origins.at(row));
    }
    return values;
  }

  const std::string folder_ = testing::TempDir() + "streamed_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name();
  Store store_{{}, {}};
  BadRows bad_;
  std::atomic<bool> stop_{false};
  std::unique_ptr<StreamedTable> table_;
  std::vector<int64_t> labels_;
  std::vector<RowOrigin> origins_;
};

TEST_F(Streamed, HasBlockByBlockWhatReadingItWholeHas) {
  write_csv("a.csv", 0, 7);
  write_parquet("b.parquet", 7, 10, 4);
  write("c.jsonl", "{\"x\": 17, \"y\": 2}\n{\"y\": 0, \"x\": 18}\n");
  const auto whole = read_table(store_, request("")).value();
  open("");
  EXPECT_EQ(scan(), whole.values);
  EXPECT_EQ(table_->header().rows, 19);
  EXPECT_EQ(table_->header().digest, whole.digest);
  EXPECT_EQ(table_->header().columns, whole.columns);
  EXPECT_THAT(table_->blocks(), SizeIs(5)) << "two files and three row groups";
  EXPECT_EQ(read_all(whole), whole.values);
  EXPECT_EQ(labels_, whole.labels);
  for (int64_t row = 0; row < whole.rows; ++row)
    EXPECT_EQ(origins_[static_cast<size_t>(row)], whole.origins.at(row)) << row;
}

TEST_F(Streamed, ABlockIsReadAloneAndInAnyOrder) {
  write_parquet("a.parquet", 0, 12, 4);
  open("");
  scan();
  const Table like{.classes = {.numbers = {0, 1, 2}}};
  EXPECT_THAT(table_->read(table_->blocks()[2], like, false).value().values,
              ElementsAre(8, 9, 10, 11));
  EXPECT_THAT(table_->read(table_->blocks()[0], like, false).value().values,
              ElementsAre(0, 1, 2, 3));
}

TEST_F(Streamed, ManySmallFilesAreFewBlocks) {
  for (int i = 0; i < 9; ++i) write_csv("a" + std::to_string(i) + ".csv", 2 * i, 2);
  open("");
  const auto seen = scan(5);
  EXPECT_THAT(table_->blocks(), SizeIs(3));
  EXPECT_EQ(StreamedTable::rows_of(table_->blocks()[0]), 6);
  EXPECT_EQ(read_all({.classes = {.numbers = {0, 1, 2}}}), seen);
}

TEST_F(Streamed, BadRowsAreLeftOutByBothReadings) {
  bad_ = BadRows(3);
  write("a.csv", "x,y\n1,0\nabc,1\n3\n4,1\n");
  write("b.csv", "x,y\n,\n");
  open("");
  EXPECT_THAT(scan(), ElementsAre(1, 4));
  EXPECT_EQ(bad_.count(), 3);
  EXPECT_THAT(bad_.first(), ElementsAre(HasSubstr("line 4: found 1 values"),
                                        HasSubstr("row 2 (line 3)"), HasSubstr("b.csv")));
  EXPECT_THAT(table_->blocks(), SizeIs(1));
  EXPECT_THAT(read_all({.classes = {.numbers = {0, 1}}}), ElementsAre(1, 4));
  EXPECT_EQ(origins_[1], (RowOrigin{uri("a.csv"), "row 3 (line 5)"}));
  EXPECT_EQ(bad_.count(), 3) << "they are counted once";
}

TEST_F(Streamed, LabelsThatAreTokensStayAsTheyAre) {
  write_csv("a.csv", 0, 4);
  open("");
  scan();
  const auto rows = table_->read(table_->blocks()[0], {.classes = {.numbers = {0, 1, 2, 9}}}, true);
  EXPECT_THAT(rows.value().labels, ElementsAre(0, 1, 2, 0));
}

TEST_F(Streamed, TextsAreThoseOfEachBlock) {
  write("a.csv", "x,y\nRome,0\n7,1\n");
  write("b.csv", "x,y\n8,1\n7,0\n");
  auto texts = request("");
  texts.texts = {"x"};
  table_ = StreamedTable::open(store_, texts, 1 << 20).value();
  EXPECT_THAT(scan(), ElementsAre(0, 1, 0, 1));
  const Table like{.classes = {.numbers = {0, 1}}};
  const auto first = table_->read(table_->blocks()[0], like, false).value();
  const auto second = table_->read(table_->blocks()[1], like, false).value();
  EXPECT_THAT(first.texts->at(0).texts, ElementsAre("Rome", "7"));
  EXPECT_THAT(second.texts->at(0).texts, ElementsAre("8", "7"));
}

TEST_F(Streamed, AFileThatChangesLaterIsAnErrorThatIsWorthAnotherTry) {
  write_csv("a.csv", 0, 4);
  open("");
  scan();
  write_csv("a.csv", 0, 5);
  const Table like{.classes = {.numbers = {0, 1, 2}}};
  const auto rows = table_->read(table_->blocks()[0], like, false);
  ASSERT_FALSE(rows);
  EXPECT_TRUE(base::is_retryable(rows.error()));
  EXPECT_EQ(rows.error().message(),
            "train: " + uri("a.csv") + " changed while it was learned from");
  std::filesystem::remove(folder_ + "/a.csv");
  EXPECT_TRUE(base::is_retryable(table_->read(table_->blocks()[0], like, false).error()));
  write_csv("a.csv", 0, 4);
  EXPECT_TRUE(table_->read(table_->blocks()[0], like, false)) << "nothing is left of the others";
}

TEST_F(Streamed, AsManyRowsThatHoldSomethingElseAreAChangeOfAnyFormat) {
  const Table like{.classes = {.numbers = {0, 1, 2}}};
  const auto why = [&](size_t block) {
    const auto rows = table_->read(table_->blocks()[block], like, false);
    if (rows) return std::string("no error");
    EXPECT_TRUE(base::is_retryable(rows.error()));
    return rows.error().message();
  };
  write_csv("a.csv", 0, 4);
  write_parquet("b.parquet", 4, 8, 4);
  open("");
  scan();
  write_csv("a.csv", 3, 4);  // other values, the same labels
  EXPECT_THAT(why(0), HasSubstr("a.csv changed while it was learned from"));
  write("a.csv", "x,y\n0,0\n1,1\n2,2\n3,1\n");
  EXPECT_THAT(why(0), HasSubstr("a.csv changed while it was learned from")) << "a label";
  write("a.csv", "y,x\n0,0\n1,1\n2,2.0\n0,3\n");
  EXPECT_EQ(why(0), "no error") << "what the rows hold is what counts";
  write_parquet("b.parquet", 4, 4, 4);
  EXPECT_THAT(why(2), HasSubstr("b.parquet"));
  write_parquet("b.parquet", 10, 8, 4);
  for (const size_t block : {1, 2}) EXPECT_THAT(why(block), HasSubstr("b.parquet")) << block;
  write_parquet("b.parquet", 4, 8, 4);
  for (const size_t block : {1, 2}) EXPECT_EQ(why(block), "no error") << block;
}

TEST_F(Streamed, ATextOrALabelOfTextsThatChangesIsAChange) {
  const std::string before = "x,y\nRome,left\nOslo,right\n";
  auto texts = request("");
  texts.texts = {"x"};
  write("a.csv", before);
  write("b.csv", before);
  table_ = StreamedTable::open(store_, texts, 1 << 20).value();
  scan(4);
  const Table like{.classes = {.integers = false, .texts = {"left", "right"}}};
  const auto same = [&] { return table_->read(table_->blocks()[0], like, false).has_value(); };
  EXPECT_TRUE(same());
  write("b.csv", "x,y\nOslo,left\nRome,right\n");
  EXPECT_FALSE(same());
  write("b.csv", "x,y\nRome,right\nOslo,right\n");
  EXPECT_FALSE(same());
  write("b.csv", before);
  EXPECT_TRUE(same());
}

TEST_F(Streamed, ALabelThatDoesNotOccurIsWorthAnotherTry) {
  write_csv("a.csv", 0, 4);
  open("");
  scan();
  const auto rows = table_->read(table_->blocks()[0], {.classes = {.numbers = {0, 1}}}, false);
  ASSERT_FALSE(rows);
  EXPECT_TRUE(base::is_retryable(rows.error())) << rows.error().message();
}

TEST_F(Streamed, AScanEndsWhenItIsAskedTo) {
  write_csv("a.csv", 0, 4);
  write_parquet("b.parquet", 4, 10, 4);
  open("");
  int64_t pieces = 0;
  const auto look = [&](const FileRows&) {
    stop_ = ++pieces == 2;
    return base::Result<void>();
  };
  const auto scanned = table_->scan(1, bad_, look, stop_);
  ASSERT_FALSE(scanned);
  EXPECT_TRUE(base::is_cancelled(scanned.error()));
  EXPECT_EQ(pieces, 2);
  for (const size_t file : {0, 1})
    EXPECT_TRUE(base::is_cancelled(table_->scan(file, bad_, look, stop_).error())) << file;
  EXPECT_EQ(pieces, 2);
}

TEST_F(Streamed, AFileThatIsNotParquetMustFitAndIsNamedWithWhatMay) {
  write_csv("a.csv", 0, 1000);
  open("a.csv", 1 << 20);
  auto small = StreamedTable::open(store_, request("a.csv"), 1000);
  ASSERT_FALSE(small);
  EXPECT_THAT(
      small.error().message(),
      AllOf(
          HasSubstr("train: " + uri("a.csv") + " has "), HasSubstr("allowed are 1000 "),
          HasSubstr(
              R"((spec.training.data.streaming.memoryMiB): a file that is not Parquet is read whole)")));
}

TEST_F(Streamed, ARowGroupMustFitAndIsNotReadElse) {
  write_parquet("a.parquet", 0, 1000, 1000);
  open("a.parquet", 11999);
  EXPECT_EQ(
      why_scan_fails(),
      "train: " + uri("a.parquet") +
          R"(: a row group of it has 1000 rows, which take 12000 bytes, allowed are 11999 (spec.training.data.streaming.memoryMiB))");
  open("a.parquet", 12000);
  EXPECT_EQ(why_scan_fails(), "no error");
}

TEST_F(Streamed, OtherColumnsAreToldByTheFile) {
  write_csv("a.csv", 0, 3);
  write("b.csv", "x,z\n1,1\n");
  open("");
  const auto scanned = table_->scan(
      1, bad_, [](const FileRows&) { return base::Result<void>(); }, stop_);
  EXPECT_THAT(scanned.error().message(),
              HasSubstr("train: " + uri("b.csv") + " lacks the column \"y\""));
}

TEST_F(Streamed, AFileThatIsBrokenIsToldByItsName) {
  write("a.parquet", "PAR1 and no more");
  const auto opened = StreamedTable::open(store_, request("a.parquet"), 1000);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(),
              HasSubstr("train: " + uri("a.parquet") + ": not readable as Parquet"));
}

}  // namespace
}  // namespace cresset::data::streamed_table_test
