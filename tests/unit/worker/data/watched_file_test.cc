// Parquet files in stores that fail, or give less than there is.
#include "worker/data/watched_file.h"

#include <arrow/io/memory.h>
#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>

#include "operator/base/file.h"
#include "worker/data/data_file.h"

namespace cresset::data::watched_file_test {
namespace {

// A file of a store that fails at the read of that number, counted from 0.
class Failing : public WatchedFile {
 public:
  Failing(const std::string& bytes, int fails_at)
      : WatchedFile(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes))),
        fails_at_(fails_at) {}
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* into) override {
    if (reads_++ == fails_at_) return arrow::Status::IOError("HTTP status 503");
    return WatchedFile::ReadAt(position, bytes, into);
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    if (reads_++ == fails_at_) return arrow::Status::IOError("HTTP status 503");
    return WatchedFile::ReadAt(position, bytes);
  }
  int reads() const { return reads_; }

 private:
  const int fails_at_;
  std::atomic<int> reads_{0};
};

class ParquetInAStore : public testing::Test {
 protected:
  base::Result<void> read(const std::shared_ptr<Failing>& file) {
    CRESSET_TRY(opened, open_parquet(file, footer_));
    const auto batch = opened->read(0, {"x", "side"});
    return batch ? base::Result<void>() : base::fail(batch.error());
  }
  const std::string bytes_ = base::read_file(std::string(std::getenv("CRESSET_SOURCE_DIR")) +
                                             "/tests/unit/worker/data/files/points.parquet")
                                 .value();
  ParquetFooter footer_;
};

TEST_F(ParquetInAStore, WhichFailsAtAnyReadIsUnavailableAndNotBroken) {
  const auto whole = std::make_shared<Failing>(bytes_, -1);
  ASSERT_TRUE(read(whole));
  ASSERT_GE(whole->reads(), 2) << "the footer and what is asked for";
  for (int fails_at = 0; fails_at < whole->reads(); ++fails_at) {
    footer_ = nullptr;
    const auto failed = read(std::make_shared<Failing>(bytes_, fails_at));
    ASSERT_FALSE(failed) << fails_at;
    EXPECT_TRUE(base::is_retryable(failed.error())) << fails_at;
    EXPECT_EQ(failed.error().message(), "reading it failed: HTTP status 503");
  }
}

// Of what is asked for it gives half.
class Halving : public WatchedFile {
 public:
  explicit Halving(const std::string& bytes)
      : WatchedFile(std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(bytes))) {}
  arrow::Result<int64_t> ReadAt(int64_t position, int64_t bytes, void* into) override {
    return WatchedFile::ReadAt(position, bytes / 2, into);
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t bytes) override {
    return WatchedFile::ReadAt(position, bytes / 2);
  }
};

TEST_F(ParquetInAStore, ThatSendsLessThanThereIsIsUnavailableAndNotBroken) {
  const auto failed = open_parquet(std::make_shared<Halving>(bytes_), footer_);
  ASSERT_FALSE(failed);
  EXPECT_TRUE(base::is_retryable(failed.error()));
  EXPECT_THAT(failed.error().message(), testing::HasSubstr(" bytes came"));
}

TEST_F(ParquetInAStore, WithWrongBytesIsBrokenEvenWhereTheyPointBeyondTheEnd) {
  for (size_t at = 0; at < bytes_.size(); at += 7) {
    auto changed = bytes_;
    changed[at] = static_cast<char>(~changed[at]);
    footer_ = nullptr;
    const auto failed = read(std::make_shared<Failing>(changed, -1));
    if (!failed) {
      EXPECT_TRUE(base::is_invalid(failed.error())) << at << ": " << failed.error().message();
    }
  }
}

TEST_F(ParquetInAStore, ItsFooterIsReadOnceForAllItsOpenings) {
  const auto first = std::make_shared<Failing>(bytes_, -1);
  ASSERT_TRUE(read(first));
  const auto again = std::make_shared<Failing>(bytes_, -1);
  ASSERT_TRUE(open_parquet(again, footer_));
  EXPECT_EQ(again->reads(), 0);
  ASSERT_TRUE(read(again));
  EXPECT_LT(again->reads(), first->reads());
}

}  // namespace
}  // namespace cresset::data::watched_file_test
