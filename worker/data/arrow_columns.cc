#include "worker/data/arrow_columns.h"

#include <arrow/api.h>
#include <arrow/csv/options.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "worker/data/arrow_visit.h"
#include "worker/data/core/number_text.h"

namespace cresset::data {

using base::Result;

namespace {

template <typename Number>
constexpr Number kMissing = std::numeric_limits<Number>::quiet_NaN();
constexpr double kLargestWhole = 9007199254740992;  // 2^53

constexpr size_t kShown = 40;

// What CSV takes for a missing value, wherever it stands among texts.
bool is_missing(std::string_view text) {
  static const auto kSpellings = arrow::csv::ConvertOptions::Defaults().null_values;
  return std::find(kSpellings.begin(), kSpellings.end(), text) != kSpellings.end();
}

template <typename Number>
std::optional<Number> number_in(std::string_view text) {
  if (is_missing(text)) return kMissing<Number>;
  double number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return static_cast<Number>(number);
}

}  // namespace

std::string Cells::name() const {
  return std::string(column) + (lists == nullptr ? "" : "[" + std::to_string(element) + "]");
}

Cells cells_of(const arrow::RecordBatch& block, int index, int32_t element) {
  const auto& array = *block.column(index);
  Cells cells{.column = block.schema()->field(index)->name(), .rows = block.num_rows()};
  if (array.type_id() != arrow::Type::FIXED_SIZE_LIST) {
    cells.values = &array;
    return cells;
  }
  const auto& lists = static_cast<const arrow::FixedSizeListArray&>(array);
  cells.element = element;
  cells.lists = &lists;
  cells.values = lists.values().get();
  cells.first = lists.value_offset(0) + element;
  cells.step = lists.value_length();
  return cells;
}

namespace {

bool are_all_there(const Cells& cells) {
  return cells.values->null_count() == 0 &&
         (cells.lists == nullptr || cells.lists->null_count() == 0);
}

// `count` values from place `from` on, `step` apart, to every `stride`-th number. Whether none is
// infinite.
template <typename Number, typename Array>
bool convert(const Array& array, int64_t from, int64_t step, int64_t count, Number* into,
             size_t stride) {
  bool finite = true;
  for (int64_t i = 0; i < count; ++i) {
    const auto value = static_cast<Number>(array.Value(from + i * step));
    into[static_cast<size_t>(i) * stride] = value;
    finite &= !std::isinf(value);
  }
  return finite;
}

// Whether these are numbers that are all there and finite or NaN; else what is written is nothing.
template <typename Number>
bool copy_plain(const Cells& cells, int64_t count, Number* into, size_t stride) {
  bool plain = are_all_there(cells);
  const bool numeric = plain && visit_numeric(*cells.values, [&](const auto& array) {
                         const int64_t first = cells.first + cells.begin * cells.step;
                         if (count == 1)
                           plain = convert(array, first, cells.step, cells.rows, into, stride);
                         for (int64_t row = 0; count > 1 && row < cells.rows; ++row)
                           plain &= convert(array, first + row * cells.step, 1, count,
                                            into + static_cast<size_t>(row) * stride, 1);
                       });
  return numeric && plain;
}

template <typename Number>
Result<void> copy(const Cells& cells, const Place& place, Number* into, size_t stride,
                  BadRows& bad) {
  const auto refuse = [&](int64_t row, std::string found) {
    into[static_cast<size_t>(row) * stride] = kMissing<Number>;
    return bad.add(cells.begin + row, [cells, &place, row, found = std::move(found)] {
      return at_row(cells, place, row) + ": found " + found;
    });
  };
  const auto put = [&](int64_t row, Number value) -> Result<void> {
    into[static_cast<size_t>(row) * stride] = value;
    if (!std::isinf(value)) return {};
    return refuse(row, "an infinite value, allowed are finite " +
                           std::to_string(8 * sizeof(Number)) + "-bit floats");
  };
  if (copy_plain(cells, 1, into, stride)) return {};
  Result<void> read;
  if (cells.values->type_id() == arrow::Type::NA)
    return for_each(cells, [&](int64_t row, int64_t) { return put(row, kMissing<Number>); });
  const bool numeric = visit_numeric(*cells.values, [&](const auto& array) {
    read = for_each(cells, [&](int64_t row, int64_t at) {
      return put(row, at < 0 ? kMissing<Number> : static_cast<Number>(array.Value(at)));
    });
  });
  const bool text = !numeric && visit_text(*cells.values, [&](const auto& array) {
    read = for_each(cells, [&](int64_t row, int64_t at) {
      const auto number = at < 0 ? kMissing<Number> : number_in<Number>(array.GetView(at));
      if (number) return put(row, *number);
      return refuse(
          row, "\"" + std::string(array.GetView(at).substr(0, kShown)) + "\", allowed are numbers");
    });
  });
  if (numeric || text) return read;
  return base::fail(base::invalid("column \"" + cells.name() + "\" is of type " +
                                  cells.values->type()->ToString() + ", allowed are numbers"));
}

}  // namespace

Result<void> copy_numbers(const Cells& cells, const Place& place, float* into, size_t stride,
                          BadRows& bad) {
  return copy(cells, place, into, stride, bad);
}

bool copy_list(const Cells& cells, size_t count, float* into, size_t stride) {
  return copy_plain(cells, static_cast<int64_t>(count), into, stride);
}

Result<void> copy_targets(const Cells& cells, const Place& place, bool flags, double* into,
                          size_t stride, BadRows& bad) {
  CRESSET_CHECK(copy(cells, place, into, stride, bad));
  for (int64_t row = 0; row < cells.rows; ++row) {
    const double value = into[static_cast<size_t>(row) * stride];
    if (!std::isnan(value) && (!flags || value == 0 || value == 1)) continue;
    CRESSET_CHECK(bad.add(cells.begin + row, [cells, &place, row, value] {
      const std::string at = "label " + at_row(cells, place, row);
      return std::isnan(value) ? at + " is missing"
                               : at + ": found " + number_text(value) +
                                     ", allowed are 0 and 1, or false and true";
    }));
  }
  return {};
}

namespace {

// What a row without a label gets until it is left out.
constexpr int64_t kNoLabel = 0;

Result<void> add_missing(const Cells& cells, const Place& place, int64_t row, BadRows& bad) {
  return bad.add(cells.begin + row, [cells, &place, row] {
    return "label " + at_row(cells, place, row) + " is missing";
  });
}

template <typename Array>
Result<void> append_whole(const Array& array, const Cells& cells, const Place& place,
                          RawLabels& labels, BadRows& bad) {
  return for_each(cells, [&](int64_t row, int64_t at) -> Result<void> {
    labels.numbers.push_back(kNoLabel);
    const auto value = at < 0 ? kMissing<double> : static_cast<double>(array.Value(at));
    if (std::isnan(value)) return add_missing(cells, place, row, bad);
    if (value != std::floor(value) || std::abs(value) > kLargestWhole)
      return bad.add(cells.begin + row, [cells, &place, row, value] {
        return "label " + at_row(cells, place, row) + ": found " + number_text(value) +
               ", allowed are whole numbers or texts";
      });
    labels.numbers.back() = static_cast<int64_t>(array.Value(at));
    return {};
  });
}

template <typename Array>
Result<void> append_texts(const Array& array, const Cells& cells, const Place& place,
                          RawLabels& labels, BadRows& bad) {
  return for_each(cells, [&](int64_t row, int64_t at) -> Result<void> {
    labels.texts.emplace_back(at < 0 ? std::string_view() : array.GetView(at));
    return labels.texts.back().empty() ? add_missing(cells, place, row, bad) : Result<void>();
  });
}

// Of a column without any value, whose type is told by the files before it alone.
Result<void> append_missing(const Cells& cells, const Place& place, RawLabels& labels,
                            BadRows& bad) {
  if (labels.texts.empty())
    labels.numbers.resize(labels.numbers.size() + static_cast<size_t>(cells.rows), kNoLabel);
  else
    labels.texts.resize(labels.texts.size() + static_cast<size_t>(cells.rows));
  return for_each(cells, [&](int64_t row, int64_t) { return add_missing(cells, place, row, bad); });
}

template <typename T>
void drop(std::vector<T>& values, size_t begin, const std::vector<int64_t>& rows) {
  if (values.empty()) return;
  size_t to = begin, next = 0;
  for (size_t from = begin; from < values.size(); ++from) {
    const bool out = next < rows.size() && static_cast<size_t>(rows[next]) == from - begin;
    if (out)
      ++next;
    else
      std::swap(values[to++], values[from]);
  }
  values.resize(to);
}

}  // namespace

Result<void> append_labels(const Cells& cells, const Place& place, RawLabels& labels,
                           BadRows& bad) {
  if (cells.values->type_id() == arrow::Type::NA) return append_missing(cells, place, labels, bad);
  Result<void> read;
  const bool text = visit_text(*cells.values, [&](const auto& array) {
    read = append_texts(array, cells, place, labels, bad);
  });
  const bool known = text || visit_numeric(*cells.values, [&](const auto& array) {
                       read = append_whole(array, cells, place, labels, bad);
                     });
  if (!known)
    return base::fail(base::invalid("label column \"" + cells.name() + "\" is of type " +
                                    cells.values->type()->ToString() +
                                    ", allowed are whole numbers, booleans and texts"));
  if (!labels.numbers.empty() && !labels.texts.empty())
    return base::fail(base::invalid("label column \"" + cells.name() + "\" holds " +
                                    (text ? "texts" : "numbers") + ", the files before it hold " +
                                    (text ? "numbers" : "texts")));
  labels.integers = !text;
  return read;
}

void drop_labels(RawLabels& labels, size_t begin, const std::vector<int64_t>& rows) {
  drop(labels.numbers, begin, rows);
  drop(labels.texts, begin, rows);
}

}  // namespace cresset::data
