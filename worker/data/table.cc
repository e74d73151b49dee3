#include "worker/data/table.h"

#include <algorithm>
#include <unordered_set>

#include "worker/data/core/columns.h"
#include "worker/data/read_files.h"
#include "worker/data/store.h"

namespace cresset::data {

using base::Result;

namespace {

// What a message begins with: "spec.training.data.train.uri: " or nothing.
std::string named(const TableRequest& request) {
  return request.field.empty() ? "" : request.field + ": ";
}

Result<std::vector<std::string>> choose_features(const TableRequest& request,
                                                 const std::vector<std::string>& names) {
  CRESSET_CHECK(find_column(request.label, names, "spec.training.data.label: column", request.uri));
  if (!request.group.empty())
    CRESSET_CHECK(find_column(request.group, names, "spec.training.data.validation.splitBy: column",
                              request.uri));
  if (request.like != nullptr) {
    const std::unordered_set<std::string> there(names.begin(), names.end());
    for (const auto& name : request.like->columns)
      if (!there.contains(name))
        CRESSET_CHECK(find_column(name, names, named(request) + "feature column", request.uri));
    return request.like->columns;
  }
  std::vector<std::string> others;
  for (const auto& name : names)
    if (name != request.label && name != request.group) others.push_back(name);
  if (others.empty())
    return base::fail(base::invalid(
        named(request) + request.uri + " has no column but the label \"" + request.label + "\"" +
        (request.group.empty() ? "" : " and \"" + request.group + "\"")));
  if (request.features.empty()) return others;
  auto indices = expand_globs(request.features, others, "spec.training.data.features");
  if (!indices) return base::fail(indices.error().with_context(request.uri));
  std::vector<std::string> features;
  for (size_t index : *indices) features.push_back(others[index]);
  return features;
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

// Codes of `found` in the ascending `known`.
template <typename T, typename Name>
Result<std::vector<int64_t>> codes(const std::vector<T>& known, const std::vector<T>& found,
                                   Name name) {
  std::vector<int64_t> codes;
  codes.reserve(found.size());
  for (size_t row = 0; row < found.size(); ++row) {
    const auto at = std::lower_bound(known.begin(), known.end(), found[row]);
    if (at == known.end() || *at != found[row])
      return base::fail(base::invalid("row " + std::to_string(row + 1) + ": the label " +
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
  CRESSET_TRY(coded, codes(table.classes.texts, raw.texts,
                           [](const std::string& t) { return "\"" + t + "\""; }));
  table.labels = std::move(coded);
  return {};
}

}  // namespace

Result<Table> read_table(Store& store, const TableRequest& request) {
  Table table;
  table.uri = request.uri;
  const auto choose =
      [&](const std::vector<std::string>& names) -> Result<std::vector<std::string>> {
    CRESSET_TRY(features, choose_features(request, names));
    table.columns = features;
    features.push_back(request.label);
    if (!request.group.empty()) features.push_back(request.group);
    return features;
  };
  BadRows none;
  CRESSET_TRY(read, read_files(store,
                               {.uri = request.uri,
                                .field = named(request),
                                .max_bytes = request.max_bytes,
                                .choose = choose,
                                .grouped = !request.group.empty(),
                                .images = request.images},
                               request.bad_rows != nullptr ? *request.bad_rows : none));
  table.digest = read.digest;
  table.files = read.files;
  table.rows = read.rows;
  table.values = std::move(read.values);
  table.groups = std::move(read.groups);
  auto labelled = set_labels(read.labels, request, table);
  if (!labelled) return base::fail(labelled.error().with_context(named(request) + request.uri));
  return table;
}

Result<void> code_labels(Table& table, const std::string& label) {
  if (!table.classes.integers || table.rows == 0) return {};
  CRESSET_CHECK(check_classes(table.classes, label));
  CRESSET_TRY(coded, codes(table.classes.numbers, table.labels,
                           [](int64_t n) { return std::to_string(n); }));
  table.labels = std::move(coded);
  return {};
}

Table take_rows(const Table& table, const std::vector<int64_t>& indices) {
  Table taken{.uri = table.uri,
              .digest = table.digest,
              .files = table.files,
              .columns = table.columns,
              .classes = table.classes};
  taken.rows = static_cast<int64_t>(indices.size());
  const auto width = static_cast<int64_t>(table.columns.size());
  taken.values.reserve(indices.size() * table.columns.size());
  for (int64_t row : indices) {
    const auto first = table.values.begin() + row * width;
    taken.values.insert(taken.values.end(), first, first + width);
    taken.labels.push_back(table.labels[static_cast<size_t>(row)]);
  }
  return taken;
}

}  // namespace cresset::data
