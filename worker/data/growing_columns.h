#pragma once
// Columns that grow row by row, for formats whose rows say themselves what they hold: numbers or
// texts, one or a list of a fixed length. A column that had numbers and meets a text holds texts
// from there on, those numbers as texts too. Made into an Arrow table once. Private to this folder.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "operator/base/result.h"

namespace arrow {
class Array;
class Table;
}  // namespace arrow

namespace cresset::data {

// One value of a row; neither numbers nor texts: it is missing.
struct RowValue {
  std::string_view name;
  bool list = false;
  std::vector<double> numbers;
  std::vector<std::string_view> texts;
  // Makes it one of another name without a value, whose room is kept.
  void begin(std::string_view column) {
    name = column;
    list = false;
    numbers.clear();
    texts.clear();
  }
  size_t size() const { return numbers.size() + texts.size(); }
};

class GrowingColumns {
 public:
  // Of a file of so many bytes. A few of them may name many columns, whose values are missing in
  // all other rows, so these are limited.
  explicit GrowingColumns(size_t bytes) : most_missing_(bytes * kMissingAByte) {}

  // Takes over all of the row or, when that is an error which says why, nothing of it. Nothing
  // either once the rows are too sparse.
  base::Result<void> append(std::span<const RowValue> row);
  // Whether more is missing than may be: no row after it can change that.
  bool too_sparse() const { return rows_ > 0 && width_ > (most_missing_ + present_) / rows_; }
  // An error when they are too sparse.
  base::Result<std::shared_ptr<arrow::Table>> finish() const;

 private:
  static constexpr size_t kMissingAByte = 16;

  struct Column {
    std::string name;
    size_t width = 0;  // of a list; 1 when it is none
    bool list = false;
    bool has_texts = false;
    std::vector<double> numbers;
    std::vector<std::string> texts;
    std::vector<uint8_t> there;  // of each row
    size_t asked = 0;            // the last row that was to be appended and names it, from 1
  };
  // Where a column stands that has this name, most likely at `guess`; kNowhere: there is none.
  size_t place_of(std::string_view name, size_t guess) const;
  base::Result<void> check(std::span<const RowValue> row);
  void count(std::span<const RowValue> row);
  void put(Column& column, const RowValue& value);
  void put_missing(Column& column, size_t rows);
  static base::Result<std::shared_ptr<arrow::Array>> finish(const Column& column);

  size_t most_missing_;
  size_t rows_ = 0;
  size_t width_ = 0;    // of all columns; one that had no value yet counts as one
  size_t present_ = 0;  // values of all rows
  size_t asked_ = 0;
  std::vector<Column> columns_;
  std::unordered_map<std::string, size_t> places_;
};

}  // namespace cresset::data
