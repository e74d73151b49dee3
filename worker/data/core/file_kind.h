#pragma once
// What a file of data is, by the end of its name alone. Pure.

#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace cresset::data {

enum class FileFormat { kParquet, kCsv, kJsonLines, kNpy, kNpz, kTfRecord, kPng, kJpeg };

struct FileKind {
  FileFormat format;
  bool gzip = false;  // NAME.csv.gz: compressed as a whole
  bool operator==(const FileKind&) const = default;
};

// An error, which begins with the name, says which ends there are.
base::Result<FileKind> file_kind(const std::string& name);

}  // namespace cresset::data
