#pragma once
// Whole small files and environment variables, as values with errors. Any thread.

#include <optional>
#include <string>

#include "operator/base/result.h"

namespace cresset::base {

// The bytes of a file of at most `max_bytes`.
Result<std::string> read_file(const std::string& path, size_t max_bytes = 16 << 20);
// Writes beside it, fsyncs, renames: the file holds the old bytes or the new ones, never a part.
Result<void> write_file_atomically(const std::string& path, const std::string& bytes);
// Nothing when the variable is unset or empty.
std::optional<std::string> environment(const char* name);

}  // namespace cresset::base
