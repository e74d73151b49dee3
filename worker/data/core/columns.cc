#include "worker/data/core/columns.h"

#include <algorithm>
#include <numeric>
#include <set>

#include "worker/data/core/glob.h"

namespace cresset::data {

namespace {

constexpr size_t kMostCompared = 4096;
constexpr size_t kLongestCompared = 64;

size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, kLongestCompared);
  b = b.substr(0, kLongestCompared);
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string near_names(const std::string& wanted, const std::vector<std::string>& names,
                       size_t most) {
  std::vector<std::pair<size_t, size_t>> ranked;
  for (size_t i = 0; i < std::min(names.size(), kMostCompared); ++i)
    ranked.emplace_back(edit_distance(wanted, names[i]), i);
  std::sort(ranked.begin(), ranked.end());
  std::string text;
  for (size_t i = 0; i < std::min(most, ranked.size()); ++i)
    text += (i ? ", " : "") + names[ranked[i].second];
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text.empty() ? "none" : text;
}

base::Result<size_t> find_column(const std::string& name, const std::vector<std::string>& columns,
                                 const std::string& what, const std::string& where) {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found != columns.end()) return static_cast<size_t>(found - columns.begin());
  return base::fail(base::invalid(what + " \"" + name + "\" is not in " + where +
                                  "; its columns are " + near_names(name, columns)));
}

base::Result<std::vector<size_t>> expand_globs(const std::vector<std::string>& globs,
                                               const std::vector<std::string>& columns,
                                               const std::string& path) {
  std::set<size_t> chosen;
  for (size_t g = 0; g < globs.size(); ++g) {
    bool any = false;
    for (size_t c = 0; c < columns.size(); ++c) {
      if (!glob_matches(globs[g], columns[c])) continue;
      chosen.insert(c);
      any = true;
    }
    if (!any)
      return base::fail(base::invalid(path + "[" + std::to_string(g) + "]: \"" + globs[g] +
                                      "\" matches no column; the columns are " +
                                      near_names(globs[g], columns)));
  }
  return std::vector<size_t>(chosen.begin(), chosen.end());
}

}  // namespace cresset::data
