// CSV as Arrow reads it: a header, then lines; a column is of the narrowest type that all its
// values have.
#include <arrow/api.h>
#include <arrow/csv/api.h>
#include <arrow/io/memory.h>

#include <algorithm>

#include "worker/data/data_file.h"

namespace cresset::data {

using base::Result;

namespace {

base::Error broken(const std::string& why) {
  return base::invalid("not readable as CSV: " + why.substr(0, 400));
}

constexpr size_t kShown = 80;

class CsvFile : public WholeFile {
 public:
  explicit CsvFile(std::string bytes) : bytes_(std::move(bytes)) {}

  // Many threads read a file fast, but do not tell where a row stands that is no row: then one
  // does.
  Result<void> open(BadRows& bad) {
    bool ragged = false;
    auto table = read(true, [&](const auto&) { return ragged = true, InvalidRowResult::Error; });
    if (!ragged) return taken(table);
    Result<void> added;
    table = read(false, [&](const arrow::csv::InvalidRow& row) {
      left_out_.push_back(row.number);
      added = bad.add([&] { return worded(row); });
      return added ? InvalidRowResult::Skip : InvalidRowResult::Error;
    });
    CRESSET_CHECK(added);
    return taken(table);
  }

  std::string place(int64_t row) const override {
    int64_t number = row + 2;  // of the header, 1
    for (const int64_t out : left_out_) number += out <= number ? 1 : 0;
    return "row " + std::to_string(row + 1) + " (line " + std::to_string(line_of(number)) + ")";
  }

 private:
  using InvalidRowResult = arrow::csv::InvalidRowResult;

  arrow::Result<std::shared_ptr<arrow::Table>> read(bool threads,
                                                    arrow::csv::InvalidRowHandler handler) {
    auto options = arrow::csv::ReadOptions::Defaults();
    options.use_threads = threads;
    auto parse = arrow::csv::ParseOptions::Defaults();
    parse.invalid_row_handler = std::move(handler);
    const auto buffer = std::make_shared<arrow::Buffer>(bytes_);
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::csv::TableReader::Make(
                                           arrow::io::default_io_context(),
                                           std::make_shared<arrow::io::BufferReader>(buffer),
                                           options, parse, arrow::csv::ConvertOptions::Defaults()));
    return reader->Read();
  }

  Result<void> taken(const arrow::Result<std::shared_ptr<arrow::Table>>& table) {
    if (!table.ok()) return base::fail(broken(table.status().message()));
    return take(*table);
  }

  std::string worded(const arrow::csv::InvalidRow& row) const {
    return "line " + std::to_string(line_of(row.number)) + ": found " +
           std::to_string(row.actual_columns) + " values, allowed are " +
           std::to_string(row.expected_columns) + ": " + std::string(row.text.substr(0, kShown));
  }

  // The line of the row of this number: those that are empty do not count.
  int64_t line_of(int64_t number) const {
    int64_t line = 0;
    for (size_t at = 0; at < bytes_.size() && number > 0; ++line) {
      const size_t end = std::min(bytes_.find('\n', at), bytes_.size());
      const size_t length = end - at;
      if (length > 1 || (length == 1 && bytes_[at] != '\r')) --number;
      at = end + 1;
    }
    return line;
  }

  std::string bytes_;
  std::vector<int64_t> left_out_;  // numbers of rows, ascending
};

}  // namespace

OpenedFile open_csv(std::string bytes, BadRows& bad) {
  auto file = std::make_unique<CsvFile>(std::move(bytes));
  CRESSET_CHECK(file->open(bad));
  return file;
}

}  // namespace cresset::data
