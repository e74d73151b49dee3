#include "worker/data/streamed_table.h"

#include <arrow/api.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "operator/base/digest.h"
#include "worker/data/core/file_kind.h"
#include "worker/data/data_file.h"
#include "worker/data/file_set.h"
#include "worker/data/row_reader.h"
#include "worker/data/store.h"
#include "worker/data/table_parts.h"

namespace cresset::data {

using base::Result;

namespace {

constexpr char kMemoryField[] = "spec.training.data.streaming.memoryMiB";
constexpr int64_t kDigestedAtOnce = 8 << 20;

bool has_pieces(const std::string& uri) {
  const auto kind = file_kind(uri);
  return kind && kind->format == FileFormat::kParquet && !kind->gzip;
}

Result<std::string> digest_of(arrow::io::RandomAccessFile& file, const std::string& uri) {
  base::Sha256 digest;
  for (int64_t at = 0;;) {
    const auto read = file.ReadAt(at, kDigestedAtOnce);
    if (!read.ok())
      return base::fail(base::unavailable("reading " + uri + ": " + read.status().message()));
    if ((*read)->size() == 0) return "sha256:" + digest.hex();
    digest.update(
        {reinterpret_cast<const char*>((*read)->data()), static_cast<size_t>((*read)->size())});
    at += (*read)->size();
  }
}

}  // namespace

StreamedTable::StreamedTable(Store& store, TableRequest request, size_t most_bytes)
    : store_(store),
      request_(std::move(request)),
      most_bytes_(most_bytes),
      reader_(std::make_unique<RowReader>(files_request(request_, columns_))) {}

StreamedTable::~StreamedTable() = default;

Result<std::unique_ptr<StreamedTable>> StreamedTable::open(Store& store, TableRequest request,
                                                           size_t most_bytes) {
  std::unique_ptr<StreamedTable> table(new StreamedTable(store, std::move(request), most_bytes));
  auto uris = find_files(store, table->request_.uri);
  if (!uris)
    return base::fail(
        base::Error(uris.error().kind(), named(table->request_) + uris.error().message()));
  table->uris_ = std::move(*uris);
  BadRows any(std::numeric_limits<int64_t>::max());
  CRESSET_TRY(first, table->open_file(0, any, nullptr));
  CRESSET_CHECK(table->reader_->begin(table->uris_.front(), *first, any));
  static_cast<void>(table->reader_->take());
  table->header_ = {.uri = table->request_.uri,
                    .files = static_cast<int64_t>(table->uris_.size()),
                    .columns = table->columns_.features,
                    .label_kind = table->request_.label_kind,
                    .label_columns = table->columns_.labels};
  return table;
}

int64_t StreamedTable::row_bytes(size_t values) const {
  const auto features = static_cast<int64_t>(values * sizeof(float));
  if (request_.label_kind == LabelKind::kClasses) return features + int64_t{sizeof(int64_t)};
  return features + static_cast<int64_t>(columns_.labels.size() * (sizeof(double) + sizeof(float)));
}

Result<std::unique_ptr<DataFile>> StreamedTable::open_file(size_t file, BadRows& bad,
                                                           std::string* digest) {
  const auto& uri = uris_[file];
  bad.begin_file(named(request_), uri);
  const auto fail = [&](const base::Error& error) {
    return base::fail(RowReader::placed(error, named(request_), bad));
  };
  if (has_pieces(uri)) {
    const auto bytes = store_.open(uri);
    if (!bytes) return fail(bytes.error());
    if (digest != nullptr) {
      auto found = digest_of(**bytes, uri);
      if (!found) return fail(found.error());
      *digest = std::move(*found);
    }
    auto opened = open_parquet(*bytes);
    if (!opened) return fail(opened.error().with_context(uri));
    return opened;
  }
  auto bytes = store_.read(uri, most_bytes_);
  if (!bytes && bytes.error().kind() == base::ErrorKind::kTooLarge)
    return fail(base::too_large(bytes.error().message() + " (" + kMemoryField +
                                "): a file that is not Parquet is read whole"));
  if (!bytes) return fail(bytes.error());
  if (digest != nullptr) *digest = "sha256:" + base::sha256(*bytes);
  auto opened = open_data_file(
      uri, std::move(*bytes),
      {.max_bytes = most_bytes_, .images = request_.images, .is_text = reader_->request().is_text},
      bad);
  if (!opened) return fail(opened.error());
  return opened;
}

Result<void> StreamedTable::check_size(int64_t rows, const std::string& uri,
                                       const char* what) const {
  const auto bytes = static_cast<size_t>(rows * row_bytes(columns_.features.size()));
  if (bytes <= most_bytes_) return {};
  return base::fail(base::too_large(named(request_) + uri + ": " + what + " of it has " +
                                    std::to_string(rows) + " rows, which take " +
                                    std::to_string(bytes) + " bytes, allowed are " +
                                    std::to_string(most_bytes_) + " (" + kMemoryField + ")"));
}

Result<void> StreamedTable::add_piece(DataFile& file, size_t piece, const std::string& uri,
                                      BadRows& bad) {
  const auto& rows = file.block_rows();
  if (has_pieces(uri)) {
    CRESSET_CHECK(check_size(rows[piece], uri, "a row group"));
    return reader_->add(file, piece, bad);
  }
  CRESSET_CHECK(check_size(std::accumulate(rows.begin(), rows.end(), int64_t{0}), uri, "all"));
  for (size_t block = 0; block < rows.size(); ++block)
    CRESSET_CHECK(reader_->add(file, block, bad));
  return {};
}

Result<ScannedFile> StreamedTable::scan(size_t file, BadRows& bad,
                                        const std::function<Result<void>(const FileRows&)>& look) {
  ScannedFile scanned;
  const auto& uri = uris_[file];
  CRESSET_TRY(opened, open_file(file, bad, &scanned.digest));
  const size_t pieces = has_pieces(uri) ? opened->block_rows().size() : 1;
  for (size_t piece = 0; piece < pieces; ++piece) {
    CRESSET_CHECK(reader_->begin(uri, *opened, bad));
    CRESSET_CHECK(add_piece(*opened, piece, uri, bad));
    const auto rows = reader_->take();
    scanned.piece_rows.push_back(rows.rows);
    if (rows.rows > 0) CRESSET_CHECK(look(rows));
  }
  return scanned;
}

void StreamedTable::set_files(const std::vector<ScannedFile>& files, int64_t least_rows) {
  blocks_.clear();
  header_.rows = 0;
  std::vector<std::string> digests;
  for (size_t file = 0; file < files.size(); ++file) {
    digests.push_back(files[file].digest);
    for (size_t number = 0; number < files[file].piece_rows.size(); ++number) {
      const int64_t rows = files[file].piece_rows[number];
      if (rows == 0) continue;
      if (blocks_.empty() || rows_of(blocks_.back()) >= least_rows) blocks_.emplace_back();
      blocks_.back().push_back({file, number, rows});
      header_.rows += rows;
    }
  }
  header_.digest = digest_of_set(uris_, digests);
}

int64_t StreamedTable::rows_of(const Block& block) {
  int64_t rows = 0;
  for (const auto& piece : block) rows += piece.rows;
  return rows;
}

Result<FileRows> StreamedTable::read_again(const Block& block) {
  BadRows any(std::numeric_limits<int64_t>::max());
  static_cast<void>(reader_->take());  // what a reading that failed has left
  std::unique_ptr<DataFile> opened;
  size_t file = uris_.size();
  for (const auto& piece : block) {
    if (piece.file != file) {
      CRESSET_TRY(next, open_file(piece.file, any, nullptr));
      opened = std::move(next);
      file = piece.file;
      CRESSET_CHECK(reader_->begin(uris_[file], *opened, any));
    }
    const size_t pieces = has_pieces(uris_[file]) ? opened->block_rows().size() : 1;
    if (piece.number < pieces) CRESSET_CHECK(add_piece(*opened, piece.number, uris_[file], any));
  }
  auto rows = reader_->take();
  if (rows.rows == rows_of(block)) return rows;
  return base::fail(base::invalid(
      named(request_) + uris_[file] + " changed while it was learned from: it has " +
      std::to_string(rows.rows) + " rows where it had " + std::to_string(rows_of(block))));
}

Result<Table> StreamedTable::read(const Block& block, const Table& like, bool keeps_numbers) {
  auto rows = read_again(block);
  if (!rows) return base::fail(base::unavailable(rows.error().message()));  // it once could be read
  TableRequest request = request_;
  request.like = &like;
  request.keeps_numbers = keeps_numbers;
  return table_of(std::move(*rows), request, columns_);
}

}  // namespace cresset::data
