// Columns of Arrow whose values count as texts.
#include <cmath>
#include <optional>
#include <type_traits>

#include "operator/base/utf8.h"
#include "worker/data/arrow_visit.h"
#include "worker/data/core/number_text.h"

namespace cresset::data {

using base::Result;

namespace {

// "" of a missing one. One value is one text in each type that holds it.
template <typename T>
std::string text_of_number(T value) {
  if constexpr (std::is_same_v<T, bool>)
    return value ? "1" : "0";
  else
    return std::isnan(static_cast<double>(value)) ? "" : number_text(value);
}

// Calls visit(array) for texts and for bytes, which may be some.
template <typename Visit>
bool visit_bytes(const arrow::Array& array, const Visit& visit) {
  const auto type = array.type_id();
  if (type == arrow::Type::STRING || type == arrow::Type::BINARY)
    return visit(static_cast<const arrow::BinaryArray&>(array)), true;
  if (type == arrow::Type::LARGE_STRING || type == arrow::Type::LARGE_BINARY)
    return visit(static_cast<const arrow::LargeBinaryArray&>(array)), true;
  return false;
}

// Calls visit(row, text), "" of a missing one, until one is an error; that, or nothing when the
// column holds no texts.
template <typename Visit>
std::optional<Result<void>> for_each_text(const Cells& cells, const Visit& visit) {
  const auto* places = cells.values->type_id() == arrow::Type::DICTIONARY
                           ? static_cast<const arrow::DictionaryArray*>(cells.values)
                           : nullptr;
  const auto& values = places != nullptr ? *places->dictionary() : *cells.values;
  std::optional<Result<void>> read;
  const auto each = [&](const auto& text_at) {
    read = for_each(cells, [&](int64_t row, int64_t at) -> Result<void> {
      if (at >= 0 && places != nullptr) at = places->GetValueIndex(at);
      return at < 0 || values.IsNull(at) ? visit(row, "") : visit(row, text_at(at));
    });
  };
  if (values.type_id() == arrow::Type::NA) each([](int64_t) { return ""; });
  visit_bytes(values, [&](const auto& array) {
    each([&](int64_t at) { return std::string_view(array.GetView(at)); });
  });
  visit_numeric(values, [&](const auto& array) {
    each([&](int64_t at) { return text_of_number(array.Value(at)); });
  });
  return read;
}

}  // namespace

Result<void> copy_texts(const Cells& cells, const Place& place, float* into, size_t stride,
                        TextPlaces& places, BadRows& bad) {
  const auto put = [&](int64_t row, std::string_view text) -> Result<void> {
    const bool readable = base::is_utf8(text);
    into[static_cast<size_t>(row) * stride] = places.of(readable ? text : "");
    if (readable) return {};
    return bad.add(cells.begin + row, [cells, &place, row] {
      return at_row(cells, place, row) + ": found a text that is not UTF-8";
    });
  };
  const auto read = for_each_text(cells, put);
  if (!read)
    return base::fail(base::invalid("column \"" + cells.name() + "\" is of type " +
                                    cells.values->type()->ToString() +
                                    ", allowed are texts, numbers and booleans"));
  if (!places.too_many()) return *read;
  return base::fail(base::invalid("column \"" + cells.name() + "\" has too many different texts; " +
                                  "allowed are " + std::to_string(TextPlaces::kMostTexts) +
                                  " of together " + std::to_string(TextPlaces::kMostBytes) +
                                  " bytes"));
}

namespace {

// FNV-1a, 64 bits.
uint64_t hash_of(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

constexpr uint64_t kNoGroup = 0;

template <typename T>
uint64_t hash_of_number(T value) {
  const std::string text = text_of_number(value);
  return text.empty() ? kNoGroup : hash_of(text);
}

}  // namespace

Result<void> append_groups(const Cells& cells, std::vector<uint64_t>& groups) {
  const auto append = [&](const auto& hash_at) {
    static_cast<void>(for_each(cells, [&](int64_t, int64_t at) -> Result<void> {
      groups.push_back(at < 0 ? kNoGroup : hash_at(at));
      return {};
    }));
  };
  if (cells.values->type_id() == arrow::Type::NA)
    return append([](int64_t) { return kNoGroup; }), Result<void>();
  const bool known =
      visit_text(*cells.values,
                 [&](const auto& array) {
                   append([&](int64_t at) {
                     return array.GetView(at).empty() ? kNoGroup : hash_of(array.GetView(at));
                   });
                 }) ||
      visit_numeric(*cells.values, [&](const auto& array) {
        append([&](int64_t at) { return hash_of_number(array.Value(at)); });
      });
  if (known) return {};
  return base::fail(base::invalid(
      "spec.training.data.validation.splitBy: column \"" + cells.name() + "\" is of type " +
      cells.values->type()->ToString() + ", allowed are numbers, booleans and texts"));
}

}  // namespace cresset::data
