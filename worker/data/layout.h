#pragma once
// Which columns of a data set's files its table has, and where in a file their values stand: chosen
// by the columns of the first file, which all others must have too. Values and functions, private
// to this folder; pure.
//
//   CRESSET_TRY(layout, lay_out(request, uri, file.columns()));
//   CRESSET_CHECK(check_same(layout, other_uri, other.columns()));

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "operator/base/result.h"
#include "worker/data/data_file.h"
#include "worker/data/read_files.h"

namespace cresset::data {

// Where the values of a column of the table stand: in a column of the file, in a list of it or not.
struct Source {
  std::string column;
  int32_t element = 0;
};

// Features that stand next to each other, in a list of the file too if they are several.
struct Run {
  size_t feature = 0;  // the first
  size_t count = 1;
};

// The columns of the table, and which of a file they are of.
struct Layout {
  std::vector<FileColumn> of_first;
  std::string first_uri;
  std::set<std::string> names;
  std::vector<Source> features;
  std::vector<Run> runs;          // all features; one that holds texts is alone
  std::vector<TextColumn> texts;  // among the features
  std::vector<Source> labels;
  std::optional<Source> group;
};

// An error, whole, names the field, the file and the column.
base::Result<Layout> lay_out(const FilesRequest& request, const std::string& uri,
                             const std::vector<FileColumn>& columns);

// What tells the columns of `uri` from those of the first file, if anything.
base::Result<void> check_same(const Layout& layout, const std::string& uri,
                              const std::vector<FileColumn>& columns);

}  // namespace cresset::data
