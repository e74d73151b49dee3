#include "worker/data/rows_digest.h"

#include <cmath>
#include <string_view>

#include "operator/base/digest.h"

namespace cresset::data {

namespace {

// Row-major values of the rows from `first` on.
template <typename T>
void add(base::Sha256& digest, const std::vector<T>& values, const FileRows& rows, int64_t first) {
  if (values.empty()) return;
  const size_t from = values.size() / static_cast<size_t>(rows.rows) * static_cast<size_t>(first);
  digest.update(
      {reinterpret_cast<const char*>(values.data() + from), (values.size() - from) * sizeof(T)});
}

void add_text(base::Sha256& digest, std::string_view text) {
  digest.update(text);
  digest.update({"", 1});  // the end
}

void add_values(base::Sha256& digest, const FileRows& rows, int64_t first) {
  if (rows.texts.empty()) return add(digest, rows.values, rows, first);
  const size_t width = rows.values.size() / static_cast<size_t>(rows.rows);
  std::vector<float> values = rows.values;
  for (const auto& column : rows.texts)
    for (size_t at = static_cast<size_t>(first) * width + column.column; at < values.size();
         at += width) {
      add_text(digest, std::isnan(values[at]) ? std::string_view()
                                              : column.texts.at(static_cast<size_t>(values[at])));
      values[at] = 0;
    }
  add(digest, values, rows, first);
}

}  // namespace

uint64_t digest_of_rows(const FileRows& rows, int64_t first) {
  base::Sha256 digest;
  if (rows.rows > first) {
    add_values(digest, rows, first);
    add(digest, rows.labels.numbers, rows, first);
    add(digest, rows.targets, rows, first);
    for (size_t row = static_cast<size_t>(first); row < rows.labels.texts.size(); ++row)
      add_text(digest, rows.labels.texts[row]);
  }
  return std::stoull(digest.hex().substr(0, 16), nullptr, 16);
}

}  // namespace cresset::data
