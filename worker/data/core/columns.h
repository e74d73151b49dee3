#pragma once
// Choosing columns by name and glob, with errors that list what exists, the nearest names first.
// Pure.

#include <string>
#include <vector>

#include "operator/base/result.h"

namespace cresset::data {

// "x, y, side" of at most `most` names, those most like `wanted` first, "and 780 more" after them.
std::string near_names(const std::string& wanted, const std::vector<std::string>& names,
                       size_t most = 10);

// The index of `name`; an error that says `what` ("label column") is missing from `where`.
base::Result<size_t> find_column(const std::string& name, const std::vector<std::string>& columns,
                                 const std::string& what, const std::string& where);

// Indices (ascending, each once) of the columns that any glob matches. A glob that matches nothing
// is an error naming `path`, the glob and the columns that exist.
base::Result<std::vector<size_t>> expand_globs(const std::vector<std::string>& globs,
                                               const std::vector<std::string>& columns,
                                               const std::string& path);

}  // namespace cresset::data
