#pragma once
// The files within a zip archive, as numpy.savez, savez_compressed and torch.jit write them (read
// by minizip). A function over bytes; any thread.

#include <string>
#include <utility>
#include <vector>

#include "operator/base/result.h"

namespace cresset::data {

// Names and bytes, in the order of the archive; an error when all together are more than
// `max_bytes`, or one is damaged.
base::Result<std::vector<std::pair<std::string, std::string>>> unzip(const std::string& bytes,
                                                                     size_t max_bytes);

}  // namespace cresset::data
