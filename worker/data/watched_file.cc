#include "worker/data/watched_file.h"

#include <algorithm>
#include <utility>

namespace cresset::data {

WatchedFile::WatchedFile(std::shared_ptr<arrow::io::RandomAccessFile> file)
    : file_(std::move(file)) {}

std::optional<std::string> WatchedFile::failure() const {
  std::lock_guard lock(mutex_);
  return failure_;
}

void WatchedFile::note(std::string failure) {
  std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(failure);
}

template <typename T>
arrow::Result<T> WatchedFile::seen(arrow::Result<T> result) {
  if (!result.ok()) note(result.status().message());
  return result;
}

template <typename T, typename Size>
arrow::Result<T> WatchedFile::seen_at(int64_t position, int64_t wanted, arrow::Result<T> result,
                                      Size size_of) {
  const auto size = GetSize();
  if (size.ok() && (position < 0 || position > *size)) return result;
  if (size.ok() && result.ok()) {
    const int64_t there = std::min(wanted, *size - position), came = size_of(*result);
    if (came < there) note(std::to_string(came) + " of " + std::to_string(there) + " bytes came");
  }
  return seen(std::move(result));
}

arrow::Result<int64_t> WatchedFile::GetSize() { return seen(file_->GetSize()); }

arrow::Result<int64_t> WatchedFile::ReadAt(int64_t position, int64_t bytes, void* into) {
  return seen_at(position, bytes, file_->ReadAt(position, bytes, into),
                 [](int64_t came) { return came; });
}

arrow::Result<std::shared_ptr<arrow::Buffer>> WatchedFile::ReadAt(int64_t position, int64_t bytes) {
  return seen_at(position, bytes, file_->ReadAt(position, bytes),
                 [](const auto& came) { return came->size(); });
}

arrow::Result<int64_t> WatchedFile::Read(int64_t bytes, void* into) {
  return seen(file_->Read(bytes, into));
}

arrow::Result<std::shared_ptr<arrow::Buffer>> WatchedFile::Read(int64_t bytes) {
  return seen(file_->Read(bytes));
}

}  // namespace cresset::data
