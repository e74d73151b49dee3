#include "worker/data/watched_file.h"

#include <utility>

namespace cresset::data {

WatchedFile::WatchedFile(std::shared_ptr<arrow::io::RandomAccessFile> file)
    : file_(std::move(file)) {}

std::optional<std::string> WatchedFile::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

template <typename T>
arrow::Result<T> WatchedFile::seen(arrow::Result<T> result) {
  if (result.ok()) return result;
  std::lock_guard lock(mutex_);
  if (!failure_) failure_ = result.status().message();
  return result;
}

bool WatchedFile::is_inside(int64_t position) {
  const auto size = GetSize();
  return !size.ok() || (position >= 0 && position <= *size);
}

arrow::Result<int64_t> WatchedFile::GetSize() { return seen(file_->GetSize()); }

arrow::Result<int64_t> WatchedFile::ReadAt(int64_t position, int64_t bytes, void* into) {
  auto read = file_->ReadAt(position, bytes, into);
  return is_inside(position) ? seen(std::move(read)) : read;
}

arrow::Result<std::shared_ptr<arrow::Buffer>> WatchedFile::ReadAt(int64_t position, int64_t bytes) {
  auto read = file_->ReadAt(position, bytes);
  return is_inside(position) ? seen(std::move(read)) : read;
}

arrow::Result<int64_t> WatchedFile::Read(int64_t bytes, void* into) {
  return seen(file_->Read(bytes, into));
}

arrow::Result<std::shared_ptr<arrow::Buffer>> WatchedFile::Read(int64_t bytes) {
  return seen(file_->Read(bytes));
}

}  // namespace cresset::data
