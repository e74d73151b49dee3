#pragma once
// How much memory a file takes that is packed: by gzip as a whole, in npz, or as pixels of an
// image. By what it says itself before anything is unpacked, which of gzip need not be true.
// Private to this folder; a function over bytes, any thread.

#include <cstddef>
#include <limits>
#include <string>

#include "worker/data/core/file_kind.h"

namespace cresset::data {

inline constexpr size_t kNotToldSize = std::numeric_limits<size_t>::max();

// 0 of what is not packed.
size_t unpacked_size(const FileKind& kind, const std::string& bytes);

}  // namespace cresset::data
