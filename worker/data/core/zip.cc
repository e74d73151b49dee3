#include "worker/data/core/zip.h"

#include <minizip/unzip.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>

namespace cresset::data {

using base::Result;

namespace {

constexpr size_t kLongestName = 1024;

// minizip's input and output over bytes in memory.
struct Memory {
  const std::string& bytes;
  size_t at = 0;
};

void* open_memory(void* opaque, const void*, int) { return opaque; }
uLong read_memory(void*, void* stream, void* into, uLong size) {
  auto& memory = *static_cast<Memory*>(stream);
  const size_t got = std::min<size_t>(size, memory.bytes.size() - memory.at);
  std::memcpy(into, memory.bytes.data() + memory.at, got);
  memory.at += got;
  return got;
}
ZPOS64_T tell_memory(void*, void* stream) { return static_cast<Memory*>(stream)->at; }
long seek_memory(void*, void* stream, ZPOS64_T offset, int origin) {
  auto& memory = *static_cast<Memory*>(stream);
  const size_t base = origin == ZLIB_FILEFUNC_SEEK_CUR   ? memory.at
                      : origin == ZLIB_FILEFUNC_SEEK_END ? memory.bytes.size()
                                                         : 0;
  if (base + offset < base || base + offset > memory.bytes.size()) return -1;
  memory.at = base + offset;
  return 0;
}
int close_memory(void*, void*) { return 0; }
int no_error(void*, void*) { return 0; }

class Archive {
 public:
  explicit Archive(const std::string& bytes)
      : memory_{bytes},
        functions_{open_memory, read_memory,  nullptr,  tell_memory,
                   seek_memory, close_memory, no_error, &memory_},
        file_(unzOpen2_64("", &functions_), unzClose) {}
  // nullptr: it is none.
  unzFile get() const { return file_.get(); }

 private:
  Memory memory_;
  zlib_filefunc64_def functions_;
  std::unique_ptr<void, int (*)(void*)> file_;
};

base::Failure broken(const std::string& why) {
  return base::fail(base::invalid("not readable as zip: " + why));
}

Result<std::pair<std::string, std::string>> current(unzFile archive, size_t packed, size_t& left) {
  unz_file_info64 info;
  std::array<char, kLongestName + 1> name{};
  if (unzGetCurrentFileInfo64(archive, &info, name.data(), kLongestName, nullptr, 0, nullptr, 0) !=
      UNZ_OK)
    return broken("it is damaged or truncated");
  if (info.uncompressed_size > left || info.uncompressed_size / kMostDeflateRatio > packed)
    return broken(std::string(name.data()) + " is said to have " +
                  std::to_string(info.uncompressed_size) + " bytes, which is too many");
  std::string bytes(info.uncompressed_size, '\0');
  left -= bytes.size();
  size_t at = 0;
  int got = unzOpenCurrentFile(archive) == UNZ_OK ? 1 : -1;
  while (got > 0 && at < bytes.size()) {
    const auto wanted = static_cast<unsigned>(std::min<size_t>(bytes.size() - at, 1 << 30));
    got = unzReadCurrentFile(archive, bytes.data() + at, wanted);
    at += static_cast<size_t>(std::max(got, 0));
  }
  // Closing tells when the checksum is another one.
  if (got < 0 || at < bytes.size() || unzCloseCurrentFile(archive) != UNZ_OK)
    return broken(std::string(name.data()) + " is damaged or truncated");
  return std::pair(std::string(name.data()), std::move(bytes));
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> unzip(const std::string& bytes,
                                                               size_t max_bytes) {
  const Archive archive(bytes);
  if (archive.get() == nullptr) return broken("it is none, or truncated");
  std::vector<std::pair<std::string, std::string>> files;
  for (int next = unzGoToFirstFile(archive.get()); next != UNZ_END_OF_LIST_OF_FILE;
       next = unzGoToNextFile(archive.get())) {
    if (next != UNZ_OK) return broken("it is damaged or truncated");
    CRESSET_TRY(file, current(archive.get(), bytes.size(), max_bytes));
    files.push_back(std::move(file));
  }
  return files;
}

std::optional<size_t> unzipped_size(const std::string& bytes) {
  const Archive archive(bytes);
  if (archive.get() == nullptr) return std::nullopt;
  size_t size = 0;
  int next = unzGoToFirstFile(archive.get());
  for (; next == UNZ_OK; next = unzGoToNextFile(archive.get())) {
    unz_file_info64 info;
    if (unzGetCurrentFileInfo64(archive.get(), &info, nullptr, 0, nullptr, 0, nullptr, 0) !=
            UNZ_OK ||
        info.uncompressed_size > std::numeric_limits<size_t>::max() - size)
      return std::nullopt;
    size += info.uncompressed_size;
  }
  if (next != UNZ_END_OF_LIST_OF_FILE) return std::nullopt;
  return size;
}

}  // namespace cresset::data
