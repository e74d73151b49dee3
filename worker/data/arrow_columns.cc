#include "worker/data/arrow_columns.h"

#include <arrow/api.h>

#include <charconv>
#include <cmath>
#include <limits>

namespace cresset::data {

using base::Result;

namespace {

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();
constexpr double kLargestWhole = 9007199254740992;  // 2^53

std::string at_row(const std::string& name, int64_t row) {
  return "column \"" + name + "\", row " + std::to_string(row + 1);
}

// Calls visit(array of its own type) for the numeric types; false for any other.
template <typename Visit>
bool visit_numeric(const arrow::Array& array, const Visit& visit) {
  switch (array.type_id()) {
    case arrow::Type::DOUBLE:
      return visit(static_cast<const arrow::DoubleArray&>(array)), true;
    case arrow::Type::FLOAT:
      return visit(static_cast<const arrow::FloatArray&>(array)), true;
    case arrow::Type::INT64:
      return visit(static_cast<const arrow::Int64Array&>(array)), true;
    case arrow::Type::INT32:
      return visit(static_cast<const arrow::Int32Array&>(array)), true;
    case arrow::Type::INT16:
      return visit(static_cast<const arrow::Int16Array&>(array)), true;
    case arrow::Type::INT8:
      return visit(static_cast<const arrow::Int8Array&>(array)), true;
    case arrow::Type::UINT64:
      return visit(static_cast<const arrow::UInt64Array&>(array)), true;
    case arrow::Type::UINT32:
      return visit(static_cast<const arrow::UInt32Array&>(array)), true;
    case arrow::Type::UINT16:
      return visit(static_cast<const arrow::UInt16Array&>(array)), true;
    case arrow::Type::UINT8:
      return visit(static_cast<const arrow::UInt8Array&>(array)), true;
    case arrow::Type::BOOL:
      return visit(static_cast<const arrow::BooleanArray&>(array)), true;
    default:
      return false;
  }
}

// Calls visit(array) for the text types; false for any other.
template <typename Visit>
bool visit_text(const arrow::Array& array, const Visit& visit) {
  if (array.type_id() == arrow::Type::STRING)
    return visit(static_cast<const arrow::StringArray&>(array)), true;
  if (array.type_id() == arrow::Type::LARGE_STRING)
    return visit(static_cast<const arrow::LargeStringArray&>(array)), true;
  return false;
}

// Where a column of texts stops being numbers: for the message.
base::Error not_numbers(const arrow::ChunkedArray& column, const std::string& name) {
  int64_t first = 0;
  for (const auto& chunk : column.chunks()) {
    std::string found;
    visit_text(*chunk, [&](const auto& array) {
      for (int64_t i = 0; i < array.length() && found.empty(); ++i) {
        if (array.IsNull(i)) continue;
        const auto text = array.GetView(i);
        double number = 0;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
        if (end.ec == std::errc() && end.ptr == text.data() + text.size()) continue;
        found = at_row(name, first + i) + ": found \"" + std::string(text.substr(0, 40)) + "\"";
      }
    });
    if (!found.empty()) return base::invalid(found + ", allowed are numbers");
    first += chunk->length();
  }
  return base::invalid("column \"" + name + "\" is of type " + column.type()->ToString() +
                       ", allowed are numbers");
}

}  // namespace

Result<void> copy_numbers(const arrow::ChunkedArray& column, const std::string& name, float* into,
                          size_t stride) {
  int64_t first = 0, infinite = -1;
  for (const auto& chunk : column.chunks()) {
    if (chunk->type_id() == arrow::Type::NA) {
      for (int64_t i = 0; i < chunk->length(); ++i, into += stride) *into = kMissing;
      first += chunk->length();
      continue;
    }
    const bool numeric = visit_numeric(*chunk, [&](const auto& array) {
      for (int64_t i = 0; i < array.length(); ++i, into += stride) {
        *into = array.IsNull(i) ? kMissing : static_cast<float>(array.Value(i));
        if (std::isinf(*into) && infinite < 0) infinite = first + i;
      }
    });
    if (!numeric) return base::fail(not_numbers(column, name));
    first += chunk->length();
  }
  if (infinite >= 0)
    return base::fail(base::invalid(at_row(name, infinite) +
                                    ": found an infinite value, allowed are "
                                    "finite 32-bit floats"));
  return {};
}

namespace {

template <typename Array>
Result<void> append_whole(const Array& array, const std::string& name, int64_t first,
                          std::vector<int64_t>& numbers) {
  for (int64_t i = 0; i < array.length(); ++i) {
    if (array.IsNull(i))
      return base::fail(base::invalid("label " + at_row(name, first + i) + " is missing"));
    const auto value = static_cast<double>(array.Value(i));
    if (value != std::floor(value) || std::abs(value) > kLargestWhole)
      return base::fail(base::invalid("label " + at_row(name, first + i) + ": found " +
                                      std::to_string(value) +
                                      ", allowed are whole numbers or texts"));
    numbers.push_back(static_cast<int64_t>(array.Value(i)));
  }
  return {};
}

}  // namespace

Result<RawLabels> read_labels(const arrow::ChunkedArray& column, const std::string& name) {
  RawLabels labels;
  int64_t first = 0;
  for (const auto& chunk : column.chunks()) {
    Result<void> read;
    const bool text = visit_text(*chunk, [&](const auto& array) {
      labels.integers = false;
      for (int64_t i = 0; i < array.length() && read; ++i) {
        if (array.IsNull(i) || array.GetView(i).empty())
          read = base::fail(base::invalid("label " + at_row(name, first + i) + " is missing"));
        else
          labels.texts.emplace_back(array.GetView(i));
      }
    });
    const bool known = text || visit_numeric(*chunk, [&](const auto& array) {
                         read = append_whole(array, name, first, labels.numbers);
                       });
    if (!known)
      return base::fail(base::invalid("label column \"" + name + "\" is of type " +
                                      column.type()->ToString() +
                                      ", allowed are whole numbers, booleans and texts"));
    CRESSET_CHECK(read);
    first += chunk->length();
  }
  return labels;
}

}  // namespace cresset::data
