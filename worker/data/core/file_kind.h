#pragma once
// What a file of data is, by the end of its name alone. Pure.

#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace cresset::data {

enum class FileKind { kParquet, kCsv };

// An error, which begins with the name, says which ends there are.
base::Result<FileKind> file_kind(const std::string& name);

}  // namespace cresset::data
