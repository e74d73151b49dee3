#pragma once
// A file that remembers whether reading it failed or gave less than there is, for readers of a
// format who say in the same words that the bytes are wrong and that they did not come. What is
// asked for beyond the end is no failure: only wrong bytes make a reader ask for it. Private to
// this folder; as many threads as the file below it takes.
//
//   auto watched = std::make_shared<WatchedFile>(std::move(file));
//   …reading fails…
//   if (auto failure = watched->failure()) …   // of the store

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace cresset::data {

class WatchedFile : public arrow::io::RandomAccessFile {
 public:
  explicit WatchedFile(std::shared_ptr<arrow::io::RandomAccessFile> file);

  // Why the first reading that failed did.
  std::optional<std::string> failure() const;

  arrow::Result<int64_t> GetSize() override;
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* into) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override;
  arrow::Result<int64_t> Read(int64_t bytes, void* into) override;
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t bytes) override;
  arrow::Status Seek(int64_t position) override { return file_->Seek(position); }
  arrow::Result<int64_t> Tell() const override { return file_->Tell(); }
  arrow::Status Close() override { return file_->Close(); }
  bool closed() const override { return file_->closed(); }
  bool supports_zero_copy() const override { return file_->supports_zero_copy(); }

 private:
  template <typename T>
  arrow::Result<T> seen(arrow::Result<T> result);
  template <typename T, typename Size>
  arrow::Result<T> seen_at(int64_t position, int64_t wanted, arrow::Result<T> result, Size size_of);
  void note(std::string failure);

  std::shared_ptr<arrow::io::RandomAccessFile> file_;
  mutable std::mutex mutex_;
  std::optional<std::string> failure_;
};

}  // namespace cresset::data
