#pragma once
// Reads rows of the files of a data set, block by block and one after another, into FileRows: the
// columns that the first file's were chosen of, and rows that cannot be used left out. One for all
// files, which it checks to have the same columns. Private to this folder; one thread.
//
//   RowReader reader(request);
//   CRESSET_CHECK(reader.begin(uri, *file, bad));
//   CRESSET_CHECK(reader.add(*file, 0, bad));
//   FileRows rows = reader.take();

#include <optional>
#include <string>
#include <vector>

#include "worker/data/core/bad_rows.h"
#include "worker/data/layout.h"
#include "worker/data/read_files.h"

namespace arrow {
class RecordBatch;
}

namespace cresset::data {

class RowReader {
 public:
  explicit RowReader(FilesRequest request) : request_(std::move(request)) {}

  const FilesRequest& request() const { return request_; }
  // What is added from here on is of that file.
  base::Result<void> begin(const std::string& uri, const DataFile& file, BadRows& bad);
  base::Result<void> add(DataFile& file, size_t block, BadRows& bad);
  // All that was added since the last time.
  const FileRows& rows() const { return rows_; }
  FileRows take();
  // `error` with `where` before it, unless it is one of `bad`, which are whole.
  static base::Error placed(const base::Error& error, const std::string& where, const BadRows& bad);

 private:
  base::Result<void> add_rows(DataFile& file, size_t block, BadRows& bad);
  base::Result<void> copy_features(const std::vector<Cells>& columns, const Place& place,
                                   float* into, BadRows& bad);
  base::Result<void> add_labels(const arrow::RecordBatch& batch, const Place& place, BadRows& bad);
  void keep_origins(const std::vector<int64_t>& out, int64_t first, int64_t count);
  void leave_out(const std::vector<int64_t>& rows, int64_t count);

  FilesRequest request_;
  std::optional<Layout> layout_;  // of the first file
  std::string uri_;
  FileRows rows_;
  std::vector<TextPlaces> texts_;  // of rows_.texts
};

}  // namespace cresset::data
