#include "worker/data/table.h"

#include <algorithm>

#include "worker/data/core/glob.h"
#include "worker/data/store.h"
#include "worker/data/table_parts.h"

namespace cresset::data {

using base::Result;

namespace {

bool any_matches(const std::vector<std::string>& globs, const std::string& name) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const auto& glob) { return glob_matches(glob, name); });
}

IsText is_text(const TableRequest& request) {
  if (request.texts.empty()) return nullptr;
  return [&request](const std::string& name) {
    return any_matches(request.texts, name) && name != request.label && name != request.group &&
           !any_matches(request.labels, name);
  };
}

template <typename T>
std::vector<T> distinct(std::vector<T> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

Result<void> check_classes(const Classes& classes, const std::string& label) {
  if (classes.size() > kMostClasses)
    return base::fail(
        base::invalid("label column \"" + label + "\" has " + std::to_string(classes.size()) +
                      " different values, allowed are " + std::to_string(kMostClasses)));
  if (classes.size() < 2)
    return base::fail(base::invalid("label column \"" + label + "\" has only one value, \"" +
                                    classes.name(0) + "\"; at least two are needed"));
  return {};
}

// Codes of the table's labels, `found`, in the ascending `known`.
template <typename T, typename Name>
Result<std::vector<int64_t>> codes(const Table& table, const std::vector<T>& known,
                                   const std::vector<T>& found, Name name) {
  std::vector<int64_t> codes;
  codes.reserve(found.size());
  for (size_t row = 0; row < found.size(); ++row) {
    const auto at = std::lower_bound(known.begin(), known.end(), found[row]);
    if (at == known.end() || *at != found[row])
      return base::fail(base::invalid(place_of(table, static_cast<int64_t>(row)) + ": the label " +
                                      name(found[row]) + " does not occur in the training data"));
    codes.push_back(at - known.begin());
  }
  return codes;
}

Result<void> set_labels(const RawLabels& raw, const TableRequest& request, Table& table) {
  if (request.like != nullptr)
    table.classes = request.like->classes;
  else
    table.classes = {
        .integers = raw.integers, .numbers = distinct(raw.numbers), .texts = distinct(raw.texts)};
  if (raw.integers != table.classes.integers)
    return base::fail(base::invalid(
        "label column \"" + request.label + "\" holds " + (raw.integers ? "numbers" : "texts") +
        ", the training data holds " + (raw.integers ? "texts" : "numbers")));
  if (raw.integers) {
    table.labels = raw.numbers;
    return request.keeps_numbers ? Result<void>() : code_labels(table, request.label);
  }
  CRESSET_CHECK(check_classes(table.classes, request.label));
  CRESSET_TRY(coded, codes(table, table.classes.texts, raw.texts,
                           [](const std::string& t) { return "\"" + t + "\""; }));
  table.labels = std::move(coded);
  return {};
}

// The rows at `indices` of row-major numbers, each `width` wide.
template <typename T>
std::vector<T> take(const std::vector<T>& rows, const std::vector<int64_t>& indices, size_t width) {
  std::vector<T> taken;
  taken.reserve(indices.size() * width);
  for (const int64_t row : indices) {
    const auto first = rows.begin() + row * static_cast<int64_t>(width);
    taken.insert(taken.end(), first, first + static_cast<int64_t>(width));
  }
  return taken;
}

}  // namespace

Result<Table> table_of(FileRows read, const TableRequest& request, const ChosenColumns& columns) {
  Table table;
  table.uri = request.uri;
  table.digest = read.digest;
  table.files = read.files;
  table.columns = columns.features;
  table.rows = read.rows;
  table.values = std::move(read.values);
  table.label_kind = request.label_kind;
  table.label_columns = columns.labels;
  table.targets = std::move(read.targets);
  table.groups = std::move(read.groups);
  table.texts = std::make_shared<TextColumns>(std::move(read.texts));
  table.origins = std::move(read.origins);
  if (table.label_kind != LabelKind::kClasses) return table;
  auto labelled = set_labels(read.labels, request, table);
  if (!labelled) return base::fail(labelled.error().with_context(named(request) + request.uri));
  return table;
}

FilesRequest files_request(const TableRequest& request, ChosenColumns& columns) {
  return {.uri = request.uri,
          .field = named(request),
          .max_bytes = request.max_bytes,
          .choose = [&](const std::vector<std::string>& names) -> Result<ChosenColumns> {
            CRESSET_TRY(chosen, choose_columns(request, names));
            columns = std::move(chosen);
            return columns;
          },
          .is_text = is_text(request),
          .label_kind = request.label_kind,
          .images = request.images};
}

Result<Table> read_table(Store& store, const TableRequest& request) {
  ChosenColumns columns;
  BadRows none;
  CRESSET_TRY(read, read_files(store, files_request(request, columns),
                               request.bad_rows != nullptr ? *request.bad_rows : none));
  return table_of(std::move(read), request, columns);
}

Result<void> code_labels(Table& table, const std::string& label) {
  if (table.label_kind != LabelKind::kClasses || table.rows == 0) return {};
  CRESSET_CHECK(check_classes(table.classes, label));
  if (!table.classes.integers) return {};
  CRESSET_TRY(coded, codes(table, table.classes.numbers, table.labels,
                           [](int64_t n) { return std::to_string(n); }));
  table.labels = std::move(coded);
  return {};
}

std::string place_of(const Table& table, int64_t row) {
  const auto [uri, place] = table.origins.at(row);
  return uri == table.uri ? place : place + " of " + uri;
}

Table take_rows(const Table& table, const std::vector<int64_t>& indices) {
  Table taken{.uri = table.uri,
              .digest = table.digest,
              .files = table.files,
              .columns = table.columns,
              .label_kind = table.label_kind,
              .classes = table.classes,
              .label_columns = table.label_columns,
              .texts = table.texts,
              .origins = table.origins.take(indices)};
  taken.rows = static_cast<int64_t>(indices.size());
  taken.values = take(table.values, indices, table.columns.size());
  if (table.label_kind == LabelKind::kClasses)
    taken.labels = take(table.labels, indices, 1);
  else
    taken.targets = take(table.targets, indices, table.label_columns.size());
  return taken;
}

}  // namespace cresset::data
