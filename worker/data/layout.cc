#include "worker/data/layout.h"

#include <algorithm>
#include <unordered_map>

namespace cresset::data {

using base::Result;

namespace {

Result<std::vector<std::string>> names_of(const std::vector<FileColumn>& columns,
                                          std::unordered_map<std::string, Source>& sources) {
  std::vector<std::string> names;
  const auto add = [&](std::string name, const Source& source) -> Result<void> {
    const auto [other, fresh] = sources.emplace(name, source);
    if (!fresh) {
      const auto& list = source.column == name ? other->second : source;
      return base::fail(base::invalid("the list \"" + list.column + "\" and the column \"" + name +
                                      "\" both make a column \"" + name +
                                      "\"; allowed is one of a name"));
    }
    names.push_back(std::move(name));
    return {};
  };
  for (const auto& [name, width] : columns) {
    if (width == 0) CRESSET_CHECK(add(name, {name}));
    for (int32_t i = 0; i < width; ++i)
      CRESSET_CHECK(add(name + "[" + std::to_string(i) + "]", {name, i}));
  }
  return names;
}

std::vector<Run> runs_of(const Layout& layout) {
  std::vector<Run> runs;
  auto text = layout.texts.begin();
  bool alone = true;  // the one before
  for (size_t c = 0; c < layout.features.size(); ++c) {
    const bool is_text = text != layout.texts.end() && text->column == c;
    const auto& source = layout.features[c];
    const auto* before = alone || is_text ? nullptr : &layout.features[c - 1];
    if (before != nullptr && before->element + 1 == source.element &&
        before->column == source.column)
      ++runs.back().count;
    else
      runs.push_back({.feature = c});
    if (is_text) ++text;
    alone = is_text;
  }
  return runs;
}

std::string worded(const FileColumn& column) {
  return column.width == 0 ? "a single value" : "a list of " + std::to_string(column.width);
}

}  // namespace

Result<Layout> lay_out(const FilesRequest& request, const std::string& uri,
                       const std::vector<FileColumn>& columns) {
  Layout layout{.of_first = columns, .first_uri = uri};
  std::unordered_map<std::string, Source> sources;
  const auto all = names_of(columns, sources);
  if (!all) return base::fail(all.error().with_context(request.field + uri));
  CRESSET_TRY(chosen, request.choose(*all));
  const auto add = [&](const std::vector<std::string>& names, std::vector<Source>& into) {
    for (const auto& name : names) {
      into.push_back(sources.at(name));
      layout.names.insert(into.back().column);
    }
  };
  add(chosen.features, layout.features);
  for (size_t c = 0; request.is_text && c < chosen.features.size(); ++c)
    if (request.is_text(chosen.features[c])) layout.texts.push_back({.column = c, .texts = {}});
  layout.runs = runs_of(layout);
  add(chosen.labels, layout.labels);
  if (!chosen.group.empty()) {
    layout.group = sources.at(chosen.group);
    layout.names.insert(layout.group->column);
  }
  return layout;
}

Result<void> check_same(const Layout& layout, const std::string& uri,
                        const std::vector<FileColumn>& columns) {
  const auto lacks = [](const auto& list, const FileColumn& wanted) {
    return std::none_of(list.begin(), list.end(),
                        [&](const auto& column) { return column.name == wanted.name; });
  };
  const auto differ = [&](const std::string& how) {
    return base::fail(base::invalid(uri + how + "; all files must have the same columns"));
  };
  for (const auto& column : layout.of_first)
    if (lacks(columns, column))
      return differ(" lacks the column \"" + column.name + "\", which " + layout.first_uri +
                    " has");
  for (const auto& column : columns) {
    if (lacks(layout.of_first, column))
      return differ(" has the column \"" + column.name + "\", which " + layout.first_uri +
                    " lacks");
    for (const auto& other : layout.of_first)
      if (other.name == column.name && other.width != column.width)
        return differ(": the column \"" + column.name + "\" is " + worded(column) + ", and in " +
                      layout.first_uri + " " + worded(other));
  }
  return {};
}

}  // namespace cresset::data
