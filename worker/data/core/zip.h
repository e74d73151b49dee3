#pragma once
// The files within a zip archive, as numpy.savez, savez_compressed and torch.jit write them (read
// by minizip). Functions over bytes; any thread.

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "operator/base/result.h"

namespace cresset::data {

// Names and bytes, in the order of the archive; an error when all together are more than
// `max_bytes`, or one is damaged.
base::Result<std::vector<std::pair<std::string, std::string>>> unzip(const std::string& bytes,
                                                                     size_t max_bytes);

// What they have together, as the archive's directory says; none if it can't be read.
std::optional<size_t> unzipped_size(const std::string& bytes);

inline constexpr size_t kMostDeflateRatio = 1032;  // of what is unpacked to what is packed

}  // namespace cresset::data
