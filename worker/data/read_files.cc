#include "worker/data/read_files.h"

#include <arrow/util/thread_pool.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "operator/base/digest.h"
#include "worker/data/core/in_order.h"
#include "worker/data/data_file.h"
#include "worker/data/file_set.h"
#include "worker/data/row_reader.h"
#include "worker/data/store.h"

namespace cresset::data {

using base::Result;

namespace {

constexpr size_t kMostThreads = 16;

// What the first file makes for the others.
class FirstLayout {
 public:
  using Pointer = std::shared_ptr<const Layout>;
  // Tells that there is none, in the end, to those who wait for one.
  class AtLast {
   public:
    explicit AtLast(FirstLayout* first) : first_(first) {}
    ~AtLast() {
      if (first_ != nullptr) first_->tell(nullptr);
    }
    AtLast(const AtLast&) = delete;
    AtLast& operator=(const AtLast&) = delete;

   private:
    FirstLayout* first_;
  };

  // What is told first counts.
  void tell(Pointer layout) {
    {
      std::lock_guard lock(mutex_);
      if (!std::exchange(told_, true)) layout_ = std::move(layout);
    }
    changed_.notify_all();
  }
  Pointer wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return told_; });
    return layout_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool told_ = false;
  Pointer layout_;
};

// A file that was read as if it were the only one.
struct Part {
  Result<std::string> digest;  // an error: its bytes did not come
  Result<void> read;
  size_t bytes = 0;
  RowReader reader;
  BadRows bad;
};

// Files are read apart, several at once, and laid end to end in their order. One that made an
// error, or whose rows depend on those before it, is read once more after these: so all that is
// told is the same however many are read at once.
class FileSet {
 public:
  FileSet(Store& store, const FilesRequest& request, std::vector<std::string> uris, BadRows& bad)
      : store_(store),
        request_(request),
        uris_(std::move(uris)),
        bad_(bad),
        none_bad_(bad.of_another_reader()),
        left_(request.max_bytes),
        reader_(request) {}

  Result<FileRows> read() {
    const size_t threads = std::min(threads_at_most(), uris_.size());
    CRESSET_CHECK(threads > 1 ? read_at_once(threads) : read_one_by_one());
    auto rows = reader_.take();
    rows.digest = digest_of_set(uris_, digests_);
    if (rows.rows > 0) return rows;
    return base::fail(base::invalid(request_.field + request_.uri + ": it has no rows" +
                                    (bad_.count() > 0 ? " that can be used" : "")));
  }

 private:
  size_t threads_at_most() const {
    if (request_.threads > 0) return request_.threads;
    return std::min(static_cast<size_t>(arrow::GetCpuThreadPoolCapacity()), kMostThreads);
  }

  base::Failure named(const base::Error& error) const {
    return base::fail(base::Error(error.kind(), request_.field + error.message()));
  }

  Result<void> read_one_by_one() {
    for (const auto& uri : uris_) CRESSET_CHECK(read_next(uri));
    return {};
  }

  Result<void> read_next(const std::string& uri) {
    auto bytes = store_.read(uri, left_);
    if (!bytes) return named(bytes.error());
    left_ -= bytes->size();
    digests_.push_back(digest_of(*bytes));
    CRESSET_TRY(file, open(uri, std::move(*bytes), bad_));
    CRESSET_CHECK(reader_.begin(uri, *file, bad_));
    return add_all(*file, reader_, bad_);
  }

  Result<void> read_at_once(size_t threads) {
    InOrder<Part> parts({.count = uris_.size(),
                         .threads = threads,
                         .most_bytes = request_.most_bytes_at_once,
                         .make = [&](size_t file, const Room& room) {
                           const FirstLayout::AtLast told(file == 0 ? &first_ : nullptr);
                           return read_apart(file, room);
                         }});
    for (const auto& uri : uris_) CRESSET_CHECK(take(uri, parts.next()));
    return {};
  }

  Result<void> take(const std::string& uri, Part part) {
    if (!part.digest && part.digest.error().kind() != base::ErrorKind::kTooLarge)
      return named(part.digest.error());
    if (!part.digest || !part.read || part.bytes > left_ || !bad_.has_room_for(part.bad.count()) ||
        !reader_.has_room_for(part.reader) || is_of_another_first(part.reader))
      return read_next(uri);
    left_ -= part.bytes;
    digests_.push_back(std::move(*part.digest));
    reader_.append(std::move(part.reader));
    return bad_.merge(part.bad.count(), part.bad.first());
  }

  // That was there before the first file was read once more.
  bool is_of_another_first(const RowReader& part) const {
    return reader_.layout() && part.layout() != reader_.layout();
  }

  Part read_apart(size_t file, const Room& room) {
    Part part{.reader = RowReader(request_), .bad = none_bad_};
    auto bytes = store_.read(uris_[file], request_.max_bytes, room);
    if (bytes) {
      part.bytes = bytes->size();
      part.digest = digest_of(*bytes);
      part.read = read_rows(file, std::move(*bytes), room, part);
    } else {
      part.digest = base::fail(bytes.error());
    }
    return part;
  }

  Result<void> read_rows(size_t file, std::string bytes, const Room& room, Part& part) {
    CRESSET_TRY(opened, open(uris_[file], std::move(bytes), part.bad, room));
    if (file > 0) {
      part.reader = RowReader(request_, first_.wait());
      if (!part.reader.layout()) return base::fail(base::cancelled("the first file was not read"));
    }
    CRESSET_CHECK(part.reader.begin(uris_[file], *opened, part.bad));
    if (file == 0) first_.tell(part.reader.layout());
    return add_all(*opened, part.reader, part.bad, room);
  }

  Result<std::unique_ptr<DataFile>> open(const std::string& uri, std::string bytes, BadRows& bad,
                                         const Room& room = nullptr) const {
    bad.begin_file(request_.field, uri);
    auto file = open_data_file(uri, std::move(bytes),
                               {.max_bytes = request_.max_bytes,
                                .images = request_.images,
                                .is_text = request_.is_text,
                                .room = room},
                               bad);
    if (!file) return base::fail(RowReader::placed(file.error(), request_.field, bad));
    return file;
  }

  static std::string digest_of(const std::string& bytes) { return "sha256:" + base::sha256(bytes); }

  static Result<void> add_all(DataFile& file, RowReader& reader, BadRows& bad,
                              const Room& room = nullptr) {
    for (size_t block = 0; block < file.block_rows().size(); ++block) {
      if (room && !room(0)) return base::fail(base::cancelled("nobody wants it any more"));
      CRESSET_CHECK(reader.add(file, block, bad));
    }
    return {};
  }

  Store& store_;
  const FilesRequest& request_;
  const std::vector<std::string> uris_;
  BadRows& bad_;
  const BadRows none_bad_;
  size_t left_;  // of bytes
  RowReader reader_;
  std::vector<std::string> digests_;
  FirstLayout first_;
};

}  // namespace

Result<FileRows> read_files(Store& store, const FilesRequest& request, BadRows& bad) {
  auto uris = find_files(store, request.uri);
  if (!uris)
    return base::fail(base::Error(uris.error().kind(), request.field + uris.error().message()));
  return FileSet(store, request, std::move(*uris), bad).read();
}

}  // namespace cresset::data
