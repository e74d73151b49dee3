// JSON lines: an object a line, whose keys are columns. Numbers, true and false (as 1 and 0),
// texts, null, and lists of numbers or of texts that are as long in every line.
#include <simdjson.h>

#include "worker/data/data_file.h"
#include "worker/data/growing_columns.h"

namespace cresset::data {

using base::Result;

namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

bool read_single(const element& value, RowValue& into) {
  switch (value.type()) {
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
      into.numbers.push_back(value.get_double().value());
      return true;
    case element_type::BOOL:
      into.numbers.push_back(value.get_bool().value() ? 1 : 0);
      return true;
    case element_type::STRING:
      into.texts.push_back(value.get_string().value());
      return true;
    default:
      return value.is_null() && !into.list;
  }
}

bool read_value(const element& value, RowValue& into) {
  if (!value.is_array()) return read_single(value, into);
  into.list = true;
  const simdjson::dom::array items = value.get_array().value();
  for (const element item : items)
    if (!read_single(item, into)) return false;
  return into.numbers.empty() || into.texts.empty();
}

class JsonLines {
 public:
  JsonLines(std::string_view bytes, BadRows& bad)
      : bytes_(bytes), bad_(bad), columns_(bytes.size()) {}

  OpenedFile open() {
    for (int64_t number = 1; !bytes_.empty() && !columns_.too_sparse(); ++number) {
      const size_t length = std::min(bytes_.find('\n'), bytes_.size());
      auto line = bytes_.substr(0, length);
      bytes_.remove_prefix(std::min(length + 1, bytes_.size()));
      while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
      if (line.empty()) continue;
      if (auto taken = take(line); taken)
        lines_.add(number);
      else
        CRESSET_CHECK(bad_.add(
            [&] { return "line " + std::to_string(number) + ": " + taken.error().message(); }));
    }
    CRESSET_TRY(table, columns_.finish());
    return WholeFile::make(table, std::move(lines_));
  }

 private:
  Result<void> take(std::string_view line) {
    const auto parsed = parser_.parse(line.data(), line.size());
    if (parsed.error() != simdjson::SUCCESS)
      return base::fail(
          base::invalid(std::string("broken JSON: ") + simdjson::error_message(parsed.error())));
    if (!parsed.is_object())
      return base::fail(base::invalid("found no object, allowed are {\"COLUMN\": VALUE, …}"));
    const simdjson::dom::object object = parsed.get_object().value();
    size_t values = 0;
    for (const auto& [key, value] : object) {
      if (values == row_.size()) row_.emplace_back();
      auto& into = row_[values++];
      into.begin(key);
      if (!read_value(value, into))
        return base::fail(base::invalid(
            "column \"" + std::string(key) +
            "\": found an object or a mixed or nested list, allowed are numbers, texts, true, "
            "false, null, and lists of numbers or of texts"));
    }
    return columns_.append(std::span(row_).first(values));
  }

  std::string_view bytes_;
  BadRows& bad_;
  simdjson::dom::parser parser_;
  GrowingColumns columns_;
  std::vector<RowValue> row_;  // the last one, and the room of longer ones
  RowNumbers lines_{"line"};
};

}  // namespace

OpenedFile open_json_lines(std::string bytes, BadRows& bad) { return JsonLines(bytes, bad).open(); }

}  // namespace cresset::data
