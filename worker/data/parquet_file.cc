// Parquet: a row group is a block, and only the columns that are asked for are decoded.
#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>

#include <new>

#include "worker/data/data_file.h"
#include "worker/data/watched_file.h"

namespace cresset::data {

using base::Result;

namespace {

class ParquetFile : public DataFile {
 public:
  explicit ParquetFile(std::shared_ptr<arrow::io::RandomAccessFile> bytes)
      : bytes_(std::make_shared<WatchedFile>(std::move(bytes))) {}

  Result<void> open(ParquetFooter& footer) {
    return guarded([&]() -> Result<void> {
      parquet::arrow::FileReaderBuilder builder;
      auto status = builder.Open(bytes_, parquet::default_reader_properties(), footer);
      if (status.ok()) status = builder.Build(&reader_);
      if (!status.ok()) return base::fail(broken(status.message()));
      std::shared_ptr<arrow::Schema> schema;
      if (status = reader_->GetSchema(&schema); !status.ok())
        return base::fail(broken(status.message()));
      CRESSET_TRY(columns, columns_of(*schema));
      columns_ = std::move(columns);
      const auto metadata = reader_->parquet_reader()->metadata();
      for (int group = 0; group < metadata->num_row_groups(); ++group)
        block_rows_.push_back(metadata->RowGroup(group)->num_rows());
      footer = metadata;
      return {};
    });
  }

  const std::vector<FileColumn>& columns() const override { return columns_; }
  const std::vector<int64_t>& block_rows() const override { return block_rows_; }

  Result<std::shared_ptr<arrow::RecordBatch>> read(size_t block,
                                                   const std::set<std::string>& names) override {
    using Batch = std::shared_ptr<arrow::RecordBatch>;
    return guarded([&]() -> Result<Batch> {
      std::vector<int> leaves;  // a nested column has several
      const auto* schema = reader_->parquet_reader()->metadata()->schema();
      for (int i = 0; i < schema->num_columns(); ++i)
        if (names.contains(schema->GetColumnRoot(i)->name())) leaves.push_back(i);
      auto table = reader_->ReadRowGroup(static_cast<int>(block), leaves);
      if (!table.ok()) return base::fail(broken(table.status().message()));
      auto batch = (*table)->CombineChunksToBatch();
      if (!batch.ok()) return base::fail(broken(batch.status().message()));
      return *batch;
    });
  }

 private:
  base::Error broken(const std::string& why) const {
    if (const auto failure = bytes_->failure())
      return base::unavailable("reading it failed: " + failure->substr(0, 400));
    return base::invalid("not readable as Parquet: " + why.substr(0, 400));
  }

  template <typename Read>
  auto guarded(const Read& read) const -> decltype(read()) {
    try {
      return read();
    } catch (const std::bad_alloc&) {
      throw;  // no fault of the file
    } catch (const std::exception& error) {
      return base::fail(broken(error.what()));
    }
  }

  std::shared_ptr<WatchedFile> bytes_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::vector<FileColumn> columns_;
  std::vector<int64_t> block_rows_;
};

}  // namespace

OpenedFile open_parquet(std::shared_ptr<arrow::io::RandomAccessFile> bytes, ParquetFooter& footer) {
  auto file = std::make_unique<ParquetFile>(std::move(bytes));
  CRESSET_CHECK(file->open(footer));
  return file;
}

}  // namespace cresset::data
