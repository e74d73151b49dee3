#include "worker/data/growing_columns.h"

#include <arrow/api.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <utility>

#include "worker/data/core/number_text.h"

namespace cresset::data {

using base::Result;

namespace {

constexpr size_t kNowhere = std::numeric_limits<size_t>::max();

bool are_utf8(const std::vector<std::string>& texts) {
  return std::all_of(texts.begin(), texts.end(), [](const auto& text) {
    return simdjson::validate_utf8(text.data(), text.size());
  });
}

template <typename Builder>
arrow::Status build(Builder builder, const std::vector<std::string>& texts, const uint8_t* there,
                    std::shared_ptr<arrow::Array>& array) {
  ARROW_RETURN_NOT_OK(builder.AppendValues(texts, there));
  return builder.Finish(&array);
}

std::string worded(bool list, size_t size) {
  return list ? "a list of " + std::to_string(size) : "a single value";
}

}  // namespace

size_t GrowingColumns::place_of(std::string_view name, size_t guess) const {
  if (guess < columns_.size() && columns_[guess].name == name) return guess;
  const auto place = places_.find(std::string(name));
  return place == places_.end() ? kNowhere : place->second;
}

Result<void> GrowingColumns::check(std::span<const RowValue> row) {
  std::unordered_set<std::string_view> fresh;
  ++asked_;
  for (size_t i = 0; i < row.size(); ++i) {
    const auto& value = row[i];
    const size_t place = place_of(value.name, i);
    const bool twice = place == kNowhere ? !fresh.insert(value.name).second
                                         : std::exchange(columns_[place].asked, asked_) == asked_;
    const auto wrong = [&](const std::string& how) {
      return base::fail(base::invalid("column \"" + std::string(value.name) + "\": found " + how));
    };
    if (twice) return wrong("it twice");
    if (place == kNowhere || value.size() == 0 || columns_[place].width == 0) continue;
    const Column& column = columns_[place];
    if (column.list != value.list || column.width != value.size())
      return wrong(worded(value.list, value.size()) + ", allowed is " +
                   worded(column.list, column.width) + ", as in the rows before");
  }
  return {};
}

void GrowingColumns::count(std::span<const RowValue> row) {
  const auto cells = [](size_t width) { return std::max<size_t>(width, 1); };
  for (size_t i = 0; i < row.size(); ++i) {
    const size_t place = place_of(row[i].name, i);
    present_ += row[i].size();
    if (place == kNowhere)
      width_ += cells(row[i].size());
    else if (columns_[place].width == 0)
      width_ += cells(row[i].size()) - 1;
  }
  ++rows_;
}

void GrowingColumns::put_missing(Column& column, size_t rows) {
  column.there.resize(column.there.size() + rows);
  if (column.has_texts)
    column.texts.resize(column.there.size() * column.width);
  else
    column.numbers.resize(column.there.size() * column.width,
                          std::numeric_limits<double>::quiet_NaN());
}

void GrowingColumns::put(Column& column, const RowValue& value) {
  if (value.size() == 0) return put_missing(column, 1);
  if (column.width == 0) {  // nothing was there yet
    column.width = value.size();
    column.list = value.list;
    const size_t rows = column.there.size();
    column.there.clear();
    put_missing(column, rows);
  }
  if (!value.texts.empty() && !column.has_texts) {
    column.has_texts = true;
    for (const double number : column.numbers)
      column.texts.push_back(std::isnan(number) ? "" : number_text(number));
    column.numbers = std::vector<double>();
  }
  column.there.push_back(1);
  if (!column.has_texts) {
    column.numbers.insert(column.numbers.end(), value.numbers.begin(), value.numbers.end());
    return;
  }
  for (const double number : value.numbers) column.texts.push_back(number_text(number));
  column.texts.insert(column.texts.end(), value.texts.begin(), value.texts.end());
}

Result<void> GrowingColumns::append(std::span<const RowValue> row) {
  CRESSET_CHECK(check(row));
  count(row);
  if (too_sparse()) return {};
  for (size_t i = 0; i < row.size(); ++i) {
    size_t place = place_of(row[i].name, i);
    if (place == kNowhere) {
      place = columns_.size();
      places_.emplace(row[i].name, place);
      columns_.push_back({.name = std::string(row[i].name)});
      put_missing(columns_.back(), rows_ - 1);
    }
    put(columns_[place], row[i]);
  }
  for (auto& column : columns_)
    if (column.there.size() < rows_) put_missing(column, 1);
  return {};
}

Result<std::shared_ptr<arrow::Array>> GrowingColumns::finish(const Column& column) {
  // A list's own absence shows in its values, which are NaN.
  const auto* there = column.list ? nullptr : column.there.data();
  std::shared_ptr<arrow::Array> array;
  arrow::Status status;
  if (!column.has_texts) {
    arrow::DoubleBuilder builder;
    status = builder.AppendValues(column.numbers.data(),
                                  static_cast<int64_t>(column.numbers.size()), there);
    if (status.ok()) status = builder.Finish(&array);
  } else if (are_utf8(column.texts)) {
    status = build(arrow::StringBuilder(), column.texts, there, array);
  } else {
    status = build(arrow::BinaryBuilder(), column.texts, there, array);
  }
  if (!status.ok()) return base::fail(base::too_large(status.message()));
  if (!column.list) return array;
  auto lists = arrow::FixedSizeListArray::FromArrays(array, static_cast<int32_t>(column.width));
  if (!lists.ok()) return base::fail(base::too_large(lists.status().message()));
  return *lists;
}

Result<std::shared_ptr<arrow::Table>> GrowingColumns::finish() const {
  if (too_sparse())
    return base::fail(base::invalid(
        "its first " + std::to_string(rows_) + " rows have " + std::to_string(width_) +
        " different columns (a list counts as many as it has values), of which " +
        std::to_string(width_ * rows_ - present_) + " values are missing, allowed are " +
        std::to_string(most_missing_)));
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& column : columns_) {
    if (column.width == 0) {
      arrays.push_back(std::make_shared<arrow::NullArray>(static_cast<int64_t>(rows_)));
    } else {
      CRESSET_TRY(array, finish(column));
      arrays.push_back(std::move(array));
    }
    fields.push_back(arrow::field(column.name, arrays.back()->type()));
  }
  return arrow::Table::Make(arrow::schema(fields), arrays, static_cast<int64_t>(rows_));
}

}  // namespace cresset::data
