#pragma once
// PNG and JPEG as pixels of three channels with 8 bits, by libpng and libjpeg-turbo: what is
// transparent, and what has more bits, is taken as it stands. Private to this folder.

#include <cstddef>
#include <optional>
#include <string>

#include "operator/base/result.h"
#include "worker/data/core/resize.h"

namespace cresset::data {

base::Result<Image> decode_png(const std::string& bytes);
base::Result<Image> decode_jpeg(const std::string& bytes);

// How many it says to have; none if it is not readable, or they are too many.
std::optional<size_t> pixels_of_png(const std::string& bytes);
std::optional<size_t> pixels_of_jpeg(const std::string& bytes);

}  // namespace cresset::data
