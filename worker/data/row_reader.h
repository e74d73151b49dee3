#pragma once
// Reads rows of the files of a data set, block by block and one after another, into FileRows: the
// columns that the first file's were chosen of, and rows that cannot be used left out. One for all
// files, which it checks to have the same columns. Private to this folder; one thread.
//
//   RowReader reader(request);
//   CRESSET_CHECK(reader.begin(uri, *file, bad));
//   CRESSET_CHECK(reader.add(*file, 0, bad));
//   FileRows rows = reader.take();
//
// Files may be read apart and at once, each by a reader of its own that has the layout of the first
// file's: append() then comes to what reading them with one would.

#include <memory>
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
  explicit RowReader(FilesRequest request, std::shared_ptr<const Layout> layout = nullptr)
      : request_(std::move(request)), layout_(std::move(layout)) {}

  const FilesRequest& request() const { return request_; }
  // Of the first file; nullptr before it.
  const std::shared_ptr<const Layout>& layout() const { return layout_; }
  // What is added from here on is of that file.
  base::Result<void> begin(const std::string& uri, const DataFile& file, BadRows& bad);
  base::Result<void> add(DataFile& file, size_t block, BadRows& bad);
  // Whether no error could come of it that the rows of `next` are added here.
  bool has_room_for(const RowReader& next) const;
  // All rows of a reader that took none of its own yet, after these.
  void append(RowReader next);
  // All that was added since the last time.
  const FileRows& rows() const { return rows_; }
  FileRows take();
  // `error` with `where` before it, unless it is one of `bad`, which are whole.
  static base::Error placed(const base::Error& error, const std::string& where, const BadRows& bad);

 private:
  base::Result<void> add_rows(DataFile& file, size_t block, BadRows& bad);
  base::Result<void> copy_features(const arrow::RecordBatch& batch, const Place& place, float* into,
                                   BadRows& bad);
  base::Result<void> copy_run(const Run& run, const Cells& cells, const Place& place, float* into,
                              BadRows& bad);
  base::Result<void> add_labels(const arrow::RecordBatch& batch, const Place& place, BadRows& bad);
  void append_values(RowReader& next);
  void join();
  void keep_origins(const std::vector<int64_t>& out, int64_t first, int64_t count);
  void leave_out(const std::vector<int64_t>& rows, int64_t count);

  FilesRequest request_;
  std::shared_ptr<const Layout> layout_;
  std::string uri_;
  FileRows rows_;
  std::vector<std::vector<float>> appended_;  // values after those of rows_
  std::vector<TextPlaces> texts_;             // of rows_.texts
};

}  // namespace cresset::data
