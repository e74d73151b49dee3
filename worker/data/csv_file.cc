// CSV as Arrow reads it: a header, then lines; a column is of the narrowest type that all its
// values have, if it is not to hold texts. Of texts "" alone is missing, of all else also "NA" and
// what Arrow knows beside it.
#include <arrow/api.h>
#include <arrow/csv/api.h>
#include <arrow/io/memory.h>
#include <arrow/util/bit_util.h>

#include <algorithm>
#include <atomic>
#include <unordered_map>
#include <unordered_set>

#include "worker/data/data_file.h"

namespace cresset::data {

using base::Result;

namespace {

base::Error broken(const std::string& why) {
  return base::invalid("not readable as CSV: " + why.substr(0, 400));
}

constexpr size_t kShown = 80;

using Spellings = std::unordered_set<std::string_view>;

// Arrow itself tells missing values of all columns of texts or of none.
arrow::Result<std::shared_ptr<arrow::Array>> without(const Spellings& missing,
                                                     const std::shared_ptr<arrow::Array>& array) {
  const auto& texts = static_cast<const arrow::BinaryArray&>(*array);
  const auto data = array->data()->Copy();
  ARROW_ASSIGN_OR_RAISE(data->buffers[0], arrow::AllocateEmptyBitmap(data->offset + data->length));
  for (int64_t row = 0; row < texts.length(); ++row)
    arrow::bit_util::SetBitTo(data->buffers[0]->mutable_data(), data->offset + row,
                              !missing.contains(texts.GetView(row)));
  data->null_count = arrow::kUnknownNullCount;
  return arrow::MakeArray(data);
}

bool holds_texts(const arrow::DataType& type) {
  return type.id() == arrow::Type::STRING || type.id() == arrow::Type::BINARY;
}

class Csv {
 public:
  Csv(const std::string& bytes, const IsText& is_text, BadRows& bad)
      : bytes_(bytes), is_text_(is_text), bad_(bad) {}

  // Many threads read a file fast, but do not tell where a row stands that is no row: then one
  // does.
  OpenedFile open() {
    find_lines();
    if (is_text_) find_texts();
    std::atomic<bool> ragged = false;
    auto table =
        read(bytes_, true, [&](const auto&) { return ragged = true, InvalidRowResult::Error; });
    if (!ragged) return taken(table);
    Result<void> added;
    table = read(bytes_, false, [&](const arrow::csv::InvalidRow& row) {
      left_out_.push_back(row.number);
      added = bad_.add([&] { return worded(row); });
      return added ? InvalidRowResult::Skip : InvalidRowResult::Error;
    });
    CRESSET_CHECK(added);
    return taken(table);
  }

 private:
  using InvalidRowResult = arrow::csv::InvalidRowResult;

  // Those that are empty hold no row.
  void find_lines() {
    int64_t line = 1;
    for (size_t at = 0; at < bytes_.size(); ++line) {
      const size_t end = std::min(bytes_.find('\n', at), bytes_.size());
      const size_t length = end - at;
      if (length > 1 || (length == 1 && bytes_[at] != '\r')) lines_.add(line);
      at = end + 1;
    }
  }

  // Of a header that cannot be read, none: reading the whole says why.
  void find_texts() {
    const size_t begin = std::min(bytes_.find_first_not_of("\r\n"), bytes_.size());
    const size_t end = std::min(bytes_.find('\n', begin), bytes_.size() - 1) + 1;
    const auto header = std::string_view(bytes_).substr(begin, end - begin);
    const auto table = read(header, false, [](const auto&) { return InvalidRowResult::Error; });
    if (!table.ok()) return;
    for (const auto& name : (*table)->ColumnNames())
      if (is_text_(name)) types_[name] = arrow::binary();
  }

  arrow::Result<std::shared_ptr<arrow::Table>> read(std::string_view bytes, bool threads,
                                                    arrow::csv::InvalidRowHandler handler) {
    auto options = arrow::csv::ReadOptions::Defaults();
    options.use_threads = threads;
    auto parse = arrow::csv::ParseOptions::Defaults();
    parse.invalid_row_handler = std::move(handler);
    auto convert = arrow::csv::ConvertOptions::Defaults();
    convert.column_types = types_;
    const auto buffer = std::make_shared<arrow::Buffer>(bytes);
    ARROW_ASSIGN_OR_RAISE(auto reader, arrow::csv::TableReader::Make(
                                           arrow::io::default_io_context(),
                                           std::make_shared<arrow::io::BufferReader>(buffer),
                                           options, parse, convert));
    ARROW_ASSIGN_OR_RAISE(auto table, reader->Read());
    return mark_missing(*table, {convert.null_values.begin(), convert.null_values.end()});
  }

  // In columns that turned out to hold texts, which may be labels; those asked for stay as they
  // are.
  arrow::Result<std::shared_ptr<arrow::Table>> mark_missing(const arrow::Table& table,
                                                            const Spellings& missing) const {
    auto columns = table.columns();
    for (int c = 0; c < table.num_columns(); ++c) {
      const auto& field = *table.field(c);
      if (!holds_texts(*field.type()) || types_.contains(field.name())) continue;
      arrow::ArrayVector chunks;
      for (const auto& chunk : columns[static_cast<size_t>(c)]->chunks()) {
        ARROW_ASSIGN_OR_RAISE(auto marked, without(missing, chunk));
        chunks.push_back(std::move(marked));
      }
      ARROW_ASSIGN_OR_RAISE(columns[static_cast<size_t>(c)],
                            arrow::ChunkedArray::Make(std::move(chunks), field.type()));
    }
    return arrow::Table::Make(table.schema(), std::move(columns), table.num_rows());
  }

  OpenedFile taken(const arrow::Result<std::shared_ptr<arrow::Table>>& table) const {
    if (!table.ok()) return base::fail(broken(table.status().message()));
    RowNumbers numbers("line");
    auto out = left_out_.begin();
    for (int64_t row = 2; row <= lines_.rows(); ++row) {
      if (out != left_out_.end() && *out == row)
        ++out;
      else
        numbers.add(lines_.number(row - 1));
    }
    return WholeFile::make(*table, std::move(numbers));
  }

  std::string worded(const arrow::csv::InvalidRow& row) const {
    return "line " + std::to_string(lines_.number(row.number - 1)) + ": found " +
           std::to_string(row.actual_columns) + " values, allowed are " +
           std::to_string(row.expected_columns) + ": " + std::string(row.text.substr(0, kShown));
  }

  const std::string& bytes_;
  const IsText& is_text_;
  BadRows& bad_;
  std::unordered_map<std::string, std::shared_ptr<arrow::DataType>> types_;  // of texts
  RowNumbers lines_;               // of each row, the header first
  std::vector<int64_t> left_out_;  // numbers of rows, of the header 1; ascending
};

}  // namespace

OpenedFile open_csv(const std::string& bytes, const IsText& is_text, BadRows& bad) {
  return Csv(bytes, is_text, bad).open();
}

}  // namespace cresset::data
