#include "worker/data/data_file.h"

#include <arrow/api.h>

#include "worker/data/core/file_kind.h"

namespace cresset::data {

using base::Result;

namespace {

OpenedFile open_kind(FileKind kind, std::string bytes, BadRows& bad) {
  switch (kind) {
    case FileKind::kParquet:
      return open_parquet(std::move(bytes));
    case FileKind::kCsv:
      return open_csv(std::move(bytes), bad);
  }
  return base::fail(base::internal("a kind of file that nobody reads"));
}

}  // namespace

Result<std::vector<FileColumn>> columns_of(const arrow::Schema& schema) {
  std::vector<FileColumn> columns;
  std::set<std::string> seen;
  for (const auto& field : schema.fields()) {
    if (!seen.insert(field->name()).second)
      return base::fail(base::invalid("two columns are named \"" + field->name() + "\""));
    const bool list = field->type()->id() == arrow::Type::FIXED_SIZE_LIST;
    columns.push_back(
        {field->name(),
         list ? static_cast<const arrow::FixedSizeListType&>(*field->type()).list_size() : 0});
  }
  return columns;
}

OpenedFile open_data_file(const std::string& uri, std::string bytes, BadRows& bad) {
  CRESSET_TRY(kind, file_kind(uri));
  if (bytes.empty()) return base::fail(base::invalid(uri + " is empty"));
  try {
    auto opened = open_kind(kind, std::move(bytes), bad);
    if (opened || bad.is_told(opened.error())) return opened;
    return base::fail(opened.error().with_context(uri));
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

OpenedFile WholeFile::make(std::shared_ptr<arrow::Table> table) {
  auto file = std::make_unique<WholeFile>();
  CRESSET_CHECK(file->take(table));
  return file;
}

Result<std::shared_ptr<arrow::RecordBatch>> WholeFile::read(size_t block,
                                                            const std::set<std::string>&) {
  return blocks_.at(block);
}

}  // namespace cresset::data
