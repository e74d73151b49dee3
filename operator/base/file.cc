#include "operator/base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace cresset::base {

namespace {

Error system_error(const std::string& what) {
  const std::string message = what + ": " + std::strerror(errno);
  if (errno == ENOENT) return not_found(message);
  if (errno == EACCES || errno == EPERM) return forbidden(message);
  return unavailable(message);
}

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return value_; }

 private:
  int value_;
};

}  // namespace

Result<std::string> read_file(const std::string& path, size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return fail(system_error("opening " + path));
  std::string bytes;
  char piece[65536];
  for (;;) {
    const ssize_t size = ::read(file.get(), piece, sizeof piece);
    if (size < 0) return fail(system_error("reading " + path));
    if (size == 0) return bytes;
    bytes.append(piece, static_cast<size_t>(size));
    if (bytes.size() > max_bytes)
      return fail(too_large(path + " has more than " + std::to_string(max_bytes) + " bytes"));
  }
}

Result<void> write_file_atomically(const std::string& path, const std::string& bytes) {
  const std::string beside = path + ".tmp" + std::to_string(::getpid());
  {
    const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) return fail(system_error("creating " + beside));
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t size = ::write(file.get(), bytes.data() + done, bytes.size() - done);
      if (size < 0) return fail(system_error("writing " + beside));
      done += static_cast<size_t>(size);
    }
    if (::fsync(file.get()) != 0) return fail(system_error("syncing " + beside));
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return fail(system_error("renaming " + beside));
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const Descriptor directory(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY));
  if (directory.get() >= 0) ::fsync(directory.get());
  return {};
}

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

}  // namespace cresset::base
