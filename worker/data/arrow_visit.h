#pragma once
// How columns of Arrow are gone through, value by value: what arrow_columns.h is made of.
// Functions, private to this folder.

#include <arrow/api.h>

#include <string>

#include "operator/base/result.h"
#include "worker/data/arrow_columns.h"

namespace cresset::data {

inline std::string at_row(const Cells& cells, const Place& place, int64_t row) {
  return "column \"" + cells.name() + "\", " + place(cells.begin + row);
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

// Calls visit(row, place in `values`) until one is an error.
template <typename Visit>
base::Result<void> for_each(const Cells& cells, const Visit& visit) {
  for (int64_t row = 0; row < cells.rows; ++row) {
    const bool missing = cells.lists != nullptr && cells.lists->IsNull(cells.begin + row);
    const int64_t at = cells.first + (cells.begin + row) * cells.step;
    CRESSET_CHECK(visit(row, missing || cells.values->IsNull(at) ? -1 : at));
  }
  return {};
}

}  // namespace cresset::data
