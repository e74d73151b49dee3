#include "worker/data/data_file.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>

#include <algorithm>
#include <new>

#include "worker/data/core/file_kind.h"
#include "worker/data/gzip.h"
#include "worker/data/unpacked_size.h"

namespace cresset::data {

using base::Result;

namespace {

OpenedFile open_format(FileFormat format, const std::string& uri, std::string bytes,
                       const FileOptions& options, BadRows& bad) {
  switch (format) {
    case FileFormat::kParquet: {
      ParquetFooter footer;
      return open_parquet(
          std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::move(bytes))),
          footer);
    }
    case FileFormat::kCsv:
      return open_csv(bytes, options.is_text, bad);
    case FileFormat::kJsonLines:
      return open_json_lines(std::move(bytes), bad);
    case FileFormat::kNpy:
      return open_npy(std::move(bytes));
    case FileFormat::kNpz:
      return open_npz(bytes, options.max_bytes);
    case FileFormat::kTfRecord:
      return open_tfrecord(bytes, bad);
    case FileFormat::kPng:
    case FileFormat::kJpeg:
      return open_image(uri, bytes, options.images, bad);
  }
  return base::fail(base::internal("a format that nobody reads"));
}

OpenedFile open_kind(FileKind kind, const std::string& uri, std::string bytes,
                     const FileOptions& options, BadRows& bad) {
  if (options.room && !options.room(unpacked_size(kind, bytes)))
    return base::fail(base::cancelled("nobody wants it any more"));
  if (!kind.gzip) return open_format(kind.format, uri, std::move(bytes), options, bad);
  CRESSET_TRY(unpacked, gunzip(std::move(bytes), options.max_bytes));
  return open_format(kind.format, uri, std::move(unpacked), options, bad);
}

}  // namespace

base::Error too_many_columns() {
  return base::invalid("it has more than " + std::to_string(kMostColumns) +
                       " columns; a list counts as many as it has values");
}

Result<std::vector<FileColumn>> columns_of(const arrow::Schema& schema) {
  std::vector<FileColumn> columns;
  std::set<std::string> seen;
  int64_t count = 0;
  for (const auto& field : schema.fields()) {
    if (!seen.insert(field->name()).second)
      return base::fail(base::invalid("two columns are named \"" + field->name() + "\""));
    const bool list = field->type()->id() == arrow::Type::FIXED_SIZE_LIST;
    const int32_t width =
        list ? static_cast<const arrow::FixedSizeListType&>(*field->type()).list_size() : 0;
    if (list && width < 1)
      return base::fail(base::invalid("column \"" + field->name() + "\" is a list of " +
                                      std::to_string(width) +
                                      " values, allowed are lists of 1 or more"));
    count += std::max(width, 1);
    if (count > kMostColumns) return base::fail(too_many_columns());
    columns.push_back({field->name(), width});
  }
  return columns;
}

OpenedFile open_data_file(const std::string& uri, std::string bytes, const FileOptions& options,
                          BadRows& bad) {
  CRESSET_TRY(kind, file_kind(uri));
  if (bytes.empty()) return base::fail(base::invalid(uri + " is empty"));
  try {
    auto opened = open_kind(kind, uri, std::move(bytes), options, bad);
    if (opened || bad.is_told(opened.error())) return opened;
    return base::fail(opened.error().with_context(uri));
  } catch (const std::bad_alloc&) {
    throw;  // no fault of the file
  } catch (const std::exception& error) {
    return base::fail(base::invalid(uri + " is not readable: " + error.what()));
  }
}

Result<void> WholeFile::take(const std::shared_ptr<arrow::Table>& table) {
  CRESSET_TRY(columns, columns_of(*table->schema()));
  columns_ = std::move(columns);
  auto blocks = arrow::TableBatchReader(table).ToRecordBatches();
  if (!blocks.ok()) return base::fail(base::invalid(blocks.status().message()));
  blocks_ = std::move(*blocks);
  for (const auto& block : blocks_) block_rows_.push_back(block->num_rows());
  return {};
}

OpenedFile WholeFile::make(const std::shared_ptr<arrow::Table>& table, RowNumbers numbers) {
  auto file = std::make_unique<WholeFile>();
  CRESSET_CHECK(file->take(table));
  file->numbers_ = std::move(numbers);
  return file;
}

Result<std::shared_ptr<arrow::RecordBatch>> WholeFile::read(size_t block,
                                                            const std::set<std::string>&) {
  return blocks_.at(block);
}

}  // namespace cresset::data
