#pragma once
// Where data, checkpoints and models lie: file://, s3:// and gs:// behind one class (Arrow's file
// systems). Every error names the URI and says what to check: a bucket that is missing, credentials
// that were refused, an endpoint that is not reached. A written object is seen whole or not at all
// (file: fsync and rename; buckets: by themselves). Any thread; make it after the last fork,
// because it starts threads at first use. There is no conditional put: whoever needs one writes a
// manifest last. Of a bucket of GCS, list() and look_into() ask for all that lies below, however
// deep.
//
//   Store store(config.storage, credentials_from_environment());
//   CRESSET_TRY(text, store.read("s3://models/digits/1/model.json", 1 << 20));

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crds/worker_contract/storage_spec.h"
#include "operator/base/result.h"
#include "worker/data/credentials.h"

namespace arrow::io {
class RandomAccessFile;
}

namespace cresset::data {

// What lies directly below a folder.
struct Listing {
  std::vector<std::string> folders;
  std::vector<std::string> objects;
};

class Store {
 public:
  Store(worker_contract::StorageSpec storage, Credentials credentials);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // The bytes of an object of at most `max_bytes`. `room` is told how many before any is read;
  // cancelled if it says that there is none.
  base::Result<std::string> read(const std::string& uri, size_t max_bytes,
                                 const std::function<bool(size_t)>& room = nullptr);
  base::Result<void> write(const std::string& uri, std::string_view bytes);
  // Names (without the URI) directly below, objects and folders alike, sorted; empty when the
  // folder does not exist. A missing bucket is an error.
  base::Result<std::vector<std::string>> list(const std::string& uri);
  // Which of them are folders and which are objects: names of each, sorted.
  base::Result<Listing> look_into(const std::string& uri);
  // The URIs of all objects below, however deep, sorted.
  base::Result<std::vector<std::string>> list_tree(const std::string& uri);
  base::Result<bool> exists(const std::string& uri);
  // Whether it is a folder, or in a bucket what other keys begin with.
  base::Result<bool> is_folder(const std::string& uri);
  // Everything below; fine when there is nothing. Of GCS, where an object has the folder's own
  // name, objects of no bytes that stand for folders are left.
  base::Result<void> remove_tree(const std::string& uri);
  // For readers of big files; includes of Arrow are theirs.
  base::Result<std::shared_ptr<arrow::io::RandomAccessFile>> open(const std::string& uri);
  // What open() gave for `uri` from byte `at` on, as much as `out` holds, which is not beyond the
  // end; fewer bytes are an error, and so is another object than was opened.
  base::Result<void> read_range(arrow::io::RandomAccessFile& file, const std::string& uri,
                                int64_t at, std::span<char> out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "s3://a/b/" + "c" → "s3://a/b/c"
std::string join(const std::string& uri, const std::string& name);

}  // namespace cresset::data
