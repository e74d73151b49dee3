#pragma once
// One file of a data set, open: its columns, and its rows as a sequence of blocks (record batches
// of Arrow), each of which can be read by itself and in any order, with as many rows as are known
// before. A data set is an ordered list of these (file_set.h): read_files.cc lays their blocks
// end to end. Private to this folder. Not for sharing between threads; it owns the file's bytes.
//
//   CRESSET_TRY(file, open_data_file("s3://data/a.parquet", std::move(bytes), options, bad));
//   CRESSET_TRY(batch, file->read(0, {"x", "y"}));

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "crds/worker_contract/data_files_spec.h"
#include "operator/base/result.h"
#include "worker/data/core/bad_rows.h"
#include "worker/data/core/row_numbers.h"
#include "worker/data/text_column.h"

namespace arrow {
class RecordBatch;
class Schema;
class Table;
}  // namespace arrow
namespace arrow::io {
class RandomAccessFile;
}
namespace parquet {
class FileMetaData;
}

namespace cresset::data {

// A list of `width` values in each row counts as that many columns: NAME[0], NAME[1], …
struct FileColumn {
  std::string name;
  int32_t width = 0;  // 0: a single value
  bool operator==(const FileColumn&) const = default;
};

class DataFile {
 public:
  virtual ~DataFile() = default;

  virtual const std::vector<FileColumn>& columns() const = 0;
  // How many rows each block has.
  virtual const std::vector<int64_t>& block_rows() const = 0;
  // The columns of those names in one block. Errors begin with what is wrong, not with the file.
  virtual base::Result<std::shared_ptr<arrow::RecordBatch>> read(
      size_t block, const std::set<std::string>& names) = 0;
  // Where its rows stand.
  const RowNumbers& numbers() const { return numbers_; }

 protected:
  RowNumbers numbers_;
};

struct FileOptions {
  size_t max_bytes = 0;  // that what is compressed may have when it is not
  worker_contract::ImagesSpec images;
  IsText is_text;  // what a format without types takes for texts; nullptr: what looks like it
  // Told what is packed takes (unpacked_size.h) before it is; cancelled if it says that there is no
  // room. nullptr: there is.
  std::function<bool(size_t bytes)> room;
};

// The end of `uri` tells the format. Rows that the format itself cannot read are added to `bad`.
// Errors begin with the URI, but those of `bad`, which are whole.
base::Result<std::unique_ptr<DataFile>> open_data_file(const std::string& uri, std::string bytes,
                                                       const FileOptions& options, BadRows& bad);

// More would take all memory before a row is read: a few bytes may say any number.
inline constexpr int64_t kMostColumns = 1 << 20;
base::Error too_many_columns();
// Columns of a schema; an error when two have one name, or they are too many.
base::Result<std::vector<FileColumn>> columns_of(const arrow::Schema& schema);

// A file that was read whole when it was opened.
class WholeFile : public DataFile {
 public:
  static base::Result<std::unique_ptr<DataFile>> make(const std::shared_ptr<arrow::Table>& table,
                                                      RowNumbers numbers = {});

  const std::vector<FileColumn>& columns() const override { return columns_; }
  const std::vector<int64_t>& block_rows() const override { return block_rows_; }
  base::Result<std::shared_ptr<arrow::RecordBatch>> read(
      size_t block, const std::set<std::string>& names) override;

 private:
  base::Result<void> take(const std::shared_ptr<arrow::Table>& table);

  std::vector<FileColumn> columns_;
  std::vector<int64_t> block_rows_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> blocks_;
};

// The formats, one a file. Errors say what is wrong with the bytes.
using OpenedFile = base::Result<std::unique_ptr<DataFile>>;
using ParquetFooter = std::shared_ptr<parquet::FileMetaData>;
// Of what is asked for alone anything is read: nothing of the footer if it is given, and else it is
// set. When the bytes do not come, the error is unavailable.
OpenedFile open_parquet(std::shared_ptr<arrow::io::RandomAccessFile> bytes, ParquetFooter& footer);
OpenedFile open_csv(const std::string& bytes, const IsText& is_text, BadRows& bad);
OpenedFile open_json_lines(std::string bytes, BadRows& bad);
OpenedFile open_npy(std::string bytes);
OpenedFile open_npz(const std::string& bytes, size_t max_bytes);
OpenedFile open_tfrecord(const std::string& bytes, BadRows& bad);
// Its class is the name of the folder that it lies in.
OpenedFile open_image(const std::string& uri, const std::string& bytes,
                      const worker_contract::ImagesSpec& images, BadRows& bad);

}  // namespace cresset::data
