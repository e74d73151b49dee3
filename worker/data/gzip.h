#pragma once
// What gzip compressed, as it was. Private to this folder.

#include <cstddef>
#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace cresset::data {

// An error when that is more than `max_bytes`, or when the file is cut off.
base::Result<std::string> gunzip(std::string bytes, size_t max_bytes);

// How many bytes that says to be, which is checked nowhere; or, where it can't be right, as many as
// deflate can make of them.
size_t gunzipped_size(std::string_view bytes);

}  // namespace cresset::data
