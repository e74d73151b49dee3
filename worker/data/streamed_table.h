#pragma once
// A data set that is never held whole: its files, which are scanned once to learn how many rows
// they have, and from then on read block by block, in any order. A block is some row groups of
// Parquet files, of which nothing else is read, or some whole files of other formats; each of these
// must fit into the memory that there is. Rows that cannot be used are left out by both readings.
// Its footers are kept, up to 16 MiB of them as they lie in the files. Owned by one rank; scan()
// and read() by one thread at a time.
//
//   CRESSET_TRY(table, StreamedTable::open(store, request, 1 << 30));
//   CRESSET_TRY(scanned, table->scan(0, bad, [&](const FileRows& rows) { … }));
//   table->set_files({…});             // of all ranks
//   CRESSET_TRY(rows, table->read(table->blocks()[7], header));

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "operator/base/result.h"
#include "worker/data/core/bad_rows.h"
#include "worker/data/read_files.h"
#include "worker/data/table.h"

namespace arrow::io {
class RandomAccessFile;
}
namespace parquet {
class FileMetaData;
}

namespace cresset::data {

class DataFile;
class RowReader;
class Store;

// What a scan finds of a row group, or of all of a file of another format.
struct ScannedPiece {
  int64_t rows = 0;     // that can be used
  uint64_t digest = 0;  // of what they hold
  bool operator==(const ScannedPiece&) const = default;
};
struct ScannedFile {
  std::string digest;
  std::vector<ScannedPiece> pieces;
  bool operator==(const ScannedFile&) const = default;
};

class StreamedTable {
 public:
  struct Piece {
    size_t file = 0;
    size_t number = 0;
    ScannedPiece scanned;
  };
  using Block = std::vector<Piece>;  // in the order of the data

  // Lists the files and takes the columns of the first. `request` is without `group` and `like`. A
  // piece may have `most_bytes`, in its file and in memory.
  static base::Result<std::unique_ptr<StreamedTable>> open(Store& store, TableRequest request,
                                                           size_t most_bytes);
  ~StreamedTable();

  const std::vector<std::string>& uris() const { return uris_; }
  // Without its rows: columns, kind of labels; after set_files() how many rows, and the digest.
  const Table& header() const { return header_; }
  // What a row of so many values takes in memory, as a network of numbers has it.
  int64_t row_bytes(size_t values) const;

  // Reads a file from end to end and lets `look` see the rows of each piece. Cancelled once `stop`
  // says so.
  base::Result<ScannedFile> scan(size_t file, BadRows& bad,
                                 const std::function<base::Result<void>(const FileRows&)>& look,
                                 const std::atomic<bool>& stop);

  // All files' scans. Pieces with fewer than `least_rows` rows are joined to those after them, so
  // that many small files are few blocks.
  void set_files(const std::vector<ScannedFile>& files, int64_t least_rows);
  const std::vector<Block>& blocks() const { return blocks_; }
  static int64_t rows_of(const Block& block);

  // The rows of a block, labels as codes of the classes of `like` or, with `keeps_numbers`, whole
  // numbers as they are. Whatever is wrong now was not when it was scanned: unavailable. So is a
  // file whose rows have changed.
  base::Result<Table> read(const Block& block, const Table& like, bool keeps_numbers);

 private:
  StreamedTable(Store& store, TableRequest request, size_t most_bytes);
  // With its digest if it is read whole and that is asked for.
  base::Result<std::unique_ptr<DataFile>> open_file(size_t file, BadRows& bad,
                                                    std::string* digest = nullptr);
  // With its digest, of one read where all of it may be held.
  base::Result<std::unique_ptr<DataFile>> open_digested(size_t file, BadRows& bad,
                                                        std::string& digest,
                                                        const std::atomic<bool>& stop);
  base::Result<std::unique_ptr<DataFile>> open_pieces(size_t file);
  base::Result<std::unique_ptr<DataFile>> open_pieces(
      size_t file, std::shared_ptr<arrow::io::RandomAccessFile> bytes);
  base::Result<std::unique_ptr<DataFile>> open_whole(size_t file, BadRows& bad,
                                                     std::string* digest);
  size_t pieces_of(size_t file, const DataFile& opened) const;
  base::Result<FileRows> rows_again(const Block& block);
  base::Result<Table> read_again(const Block& block, const Table& like, bool keeps_numbers);
  base::Result<void> add_piece(DataFile& file, size_t piece, const std::string& uri, BadRows& bad);
  base::Result<void> check_size(int64_t rows, const std::string& uri, const char* what) const;

  Store& store_;
  TableRequest request_;
  size_t most_bytes_;
  std::vector<std::string> uris_;
  ChosenColumns columns_;
  std::unique_ptr<RowReader> reader_;  // chooses columns_
  Table header_;
  std::vector<Block> blocks_;
  std::map<size_t, std::shared_ptr<parquet::FileMetaData>> footers_;  // of files, by number
  int64_t footer_bytes_ = 0;
};

}  // namespace cresset::data
