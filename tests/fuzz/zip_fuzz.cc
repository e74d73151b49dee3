// Any bytes as a zip archive (of .npz and .pt files): they are refused, or give files that fit into
// the bound. Just as many bytes as there are suffice, and one fewer do not.

#include "tests/fuzz/target.h"
#include "worker/data/core/zip.h"

namespace {

using cresset::data::unzip;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;

constexpr size_t kLongest = 1024;
constexpr size_t kMostBytes = 1 << 16;

auto read(const std::string& bytes, size_t max_bytes) {
  auto files = unzip(bytes, max_bytes);
  if (kPlanted && files && !files->empty() && files->front().first < "n")
    files->front().second += '!';
  return files;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  const std::string bytes(cresset::fuzz::view(data, size));
  const auto files = read(bytes, kMostBytes);
  if (!files) {
    require(!files.error().message().empty());
    return 0;
  }
  size_t all = 0;
  for (const auto& [name, text] : *files) all += text.size();
  require(all <= kMostBytes);
  const auto exactly = read(bytes, all);
  require(exactly && *exactly == *files);
  require(all == 0 || !unzip(bytes, all - 1));
  return 0;
}
