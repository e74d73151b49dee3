#pragma once
// What gzip compressed, as it was. Private to this folder.

#include <string>

#include "operator/base/result.h"

namespace cresset::data {

// An error when that is more than `max_bytes`, or when the file is cut off.
base::Result<std::string> gunzip(std::string bytes, size_t max_bytes);

}  // namespace cresset::data
