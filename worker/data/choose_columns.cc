// choose_columns() of table_parts.h.
#include <algorithm>
#include <unordered_set>

#include "worker/data/core/columns.h"
#include "worker/data/table_parts.h"

namespace cresset::data {

using base::Result;

namespace {

// Error when `names` lack one of the `wanted`, each a column of what the training data has.
Result<void> check_there(const std::vector<std::string>& wanted,
                         const std::vector<std::string>& names, const char* what,
                         const TableRequest& request) {
  const std::unordered_set<std::string> there(names.begin(), names.end());
  for (const auto& name : wanted)
    if (!there.contains(name))
      CRESSET_CHECK(find_column(name, names, named(request) + what, request.uri));
  return {};
}

// What `globs` of a field mean, by name.
Result<std::vector<std::string>> matched(const std::vector<std::string>& globs,
                                         const std::vector<std::string>& names,
                                         const std::string& field, const std::string& uri) {
  auto indices = expand_globs(globs, names, field);
  if (!indices) return base::fail(indices.error().with_context(uri));
  std::vector<std::string> found;
  for (const size_t index : *indices) found.push_back(names[index]);
  return found;
}

Result<std::vector<std::string>> choose_labels(const TableRequest& request,
                                               const std::vector<std::string>& names) {
  if (request.label_kind == LabelKind::kNone) return std::vector<std::string>();
  if (request.labels.empty()) {
    CRESSET_CHECK(
        find_column(request.label, names, "spec.training.data.label: column", request.uri));
    return std::vector<std::string>{request.label};
  }
  if (request.like == nullptr)
    return matched(request.labels, names, "spec.training.data.labels", request.uri);
  CRESSET_CHECK(check_there(request.like->label_columns, names, "label column", request));
  return request.like->label_columns;
}

Result<void> check_group(const TableRequest& request, const std::vector<std::string>& names,
                         bool is_label) {
  const std::string field = "spec.training.data.validation.splitBy: ";
  CRESSET_CHECK(find_column(request.group, names, field + "column", request.uri));
  if (!is_label) return {};
  return base::fail(base::invalid(field + "\"" + request.group +
                                  "\" is to be predicted; allowed is another column"));
}

base::Error no_other(const TableRequest& request, const std::vector<std::string>& labels) {
  std::string but;
  if (!labels.empty())
    but = "the label \"" + labels.front() + "\"" +
          (labels.size() > 1 ? " and others to predict" : "");
  if (!request.group.empty()) but += (but.empty() ? "\"" : " and \"") + request.group + "\"";
  return base::invalid(named(request) + request.uri + " has no column but " + but);
}

Result<std::vector<std::string>> choose_features(const TableRequest& request,
                                                 const std::vector<std::string>& names,
                                                 const std::vector<std::string>& labels) {
  const auto is_label = [&](const std::string& name) {
    return std::find(labels.begin(), labels.end(), name) != labels.end();
  };
  if (!request.group.empty()) CRESSET_CHECK(check_group(request, names, is_label(request.group)));
  if (request.like != nullptr) {
    CRESSET_CHECK(check_there(request.like->columns, names, "feature column", request));
    return request.like->columns;
  }
  std::vector<std::string> others;
  for (const auto& name : names)
    if (!is_label(name) && name != request.group) others.push_back(name);
  if (others.empty()) return base::fail(no_other(request, labels));
  if (request.features.empty()) return others;
  return matched(request.features, others, "spec.training.data.features", request.uri);
}

}  // namespace

std::string named(const TableRequest& request) {
  return request.field.empty() ? "" : request.field + ": ";
}

Result<ChosenColumns> choose_columns(const TableRequest& request,
                                     const std::vector<std::string>& names) {
  CRESSET_TRY(labels, choose_labels(request, names));
  CRESSET_TRY(features, choose_features(request, names, labels));
  return ChosenColumns{std::move(features), std::move(labels), request.group};
}

}  // namespace cresset::data
