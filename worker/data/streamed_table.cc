#include "worker/data/streamed_table.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "operator/base/digest.h"
#include "worker/data/core/file_kind.h"
#include "worker/data/data_file.h"
#include "worker/data/file_set.h"
#include "worker/data/row_reader.h"
#include "worker/data/rows_digest.h"
#include "worker/data/store.h"
#include "worker/data/table_parts.h"

namespace cresset::data {

using base::Result;

namespace {

constexpr char kMemoryField[] = "spec.training.data.streaming.memoryMiB";
constexpr int64_t kDigestedAtOnce = 8 << 20;
constexpr int64_t kMostFooterBytes = 16 << 20;

bool has_pieces(const std::string& uri) {
  const auto kind = file_kind(uri);
  return kind && kind->format == FileFormat::kParquet && !kind->gzip;
}

Result<void> check_goes_on(const std::atomic<bool>& stop) {
  if (!stop.load()) return {};
  return base::fail(base::cancelled("asked to stop while the data was read"));
}

// `whole` becomes all of a file that is digested at once.
Result<std::string> digest_of(Store& store, const std::string& uri, const std::atomic<bool>& stop,
                              std::string& whole) {
  CRESSET_TRY(file, store.open(uri));
  const auto size = file->GetSize();
  if (!size.ok())
    return base::fail(base::unavailable("reading " + uri + ": " + size.status().message()));
  base::Sha256 digest;
  std::string bytes;
  for (int64_t at = 0; at < *size; at += kDigestedAtOnce) {
    CRESSET_CHECK(check_goes_on(stop));
    bytes.resize(static_cast<size_t>(std::min(kDigestedAtOnce, *size - at)));
    CRESSET_CHECK(store.read_range(*file, uri, at, bytes));
    digest.update(bytes);
  }
  if (*size <= kDigestedAtOnce) whole = std::move(bytes);
  return "sha256:" + digest.hex();
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
  CRESSET_TRY(first, table->open_file(0, any));
  CRESSET_CHECK(table->reader_->begin(table->uris_.front(), *first, any));
  static_cast<void>(table->reader_->take());
  table->footers_.clear();  // until the scan, which is to see the file as it then is
  table->footer_bytes_ = 0;
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
  bad.begin_file(named(request_), uris_[file]);
  auto opened = has_pieces(uris_[file]) ? open_pieces(file) : open_whole(file, bad, digest);
  if (!opened) return base::fail(RowReader::placed(opened.error(), named(request_), bad));
  return opened;
}

Result<std::unique_ptr<DataFile>> StreamedTable::open_digested(size_t file, BadRows& bad,
                                                               std::string& digest,
                                                               const std::atomic<bool>& stop) {
  if (!has_pieces(uris_[file])) return open_file(file, bad, &digest);
  bad.begin_file(named(request_), uris_[file]);
  std::string whole;
  auto found = digest_of(store_, uris_[file], stop, whole);
  if (!found)
    return base::fail(base::Error(found.error().kind(), named(request_) + found.error().message()));
  digest = std::move(*found);
  if (whole.empty()) return open_file(file, bad);
  auto opened = open_pieces(
      file, std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::move(whole))));
  if (!opened) return base::fail(RowReader::placed(opened.error(), named(request_), bad));
  return opened;
}

Result<std::unique_ptr<DataFile>> StreamedTable::open_pieces(size_t file) {
  CRESSET_TRY(bytes, store_.open(uris_[file]));
  return open_pieces(file, std::move(bytes));
}

Result<std::unique_ptr<DataFile>> StreamedTable::open_pieces(
    size_t file, std::shared_ptr<arrow::io::RandomAccessFile> bytes) {
  const auto kept = footers_.find(file);
  auto footer = kept == footers_.end() ? nullptr : kept->second;
  auto opened = open_parquet(std::move(bytes), footer);
  if (!opened) return base::fail(opened.error().with_context(uris_[file]));
  const int64_t size = footer->size();
  if (kept == footers_.end() && footer_bytes_ + size <= kMostFooterBytes) {
    footers_.emplace(file, std::move(footer));
    footer_bytes_ += size;
  }
  return opened;
}

Result<std::unique_ptr<DataFile>> StreamedTable::open_whole(size_t file, BadRows& bad,
                                                            std::string* digest) {
  auto bytes = store_.read(uris_[file], most_bytes_);
  if (!bytes && bytes.error().kind() == base::ErrorKind::kTooLarge)
    return base::fail(base::too_large(bytes.error().message() + " (" + kMemoryField +
                                      "): a file that is not Parquet is read whole"));
  if (!bytes) return base::fail(bytes.error());
  if (digest != nullptr) *digest = "sha256:" + base::sha256(*bytes);
  return open_data_file(
      uris_[file], std::move(*bytes),
      {.max_bytes = most_bytes_, .images = request_.images, .is_text = reader_->request().is_text},
      bad);
}

size_t StreamedTable::pieces_of(size_t file, const DataFile& opened) const {
  return has_pieces(uris_[file]) ? opened.block_rows().size() : 1;
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
                                        const std::function<Result<void>(const FileRows&)>& look,
                                        const std::atomic<bool>& stop) {
  ScannedFile scanned;
  const auto& uri = uris_[file];
  CRESSET_TRY(opened, open_digested(file, bad, scanned.digest, stop));
  for (size_t piece = 0; piece < pieces_of(file, *opened); ++piece) {
    CRESSET_CHECK(check_goes_on(stop));
    CRESSET_CHECK(reader_->begin(uri, *opened, bad));
    CRESSET_CHECK(add_piece(*opened, piece, uri, bad));
    const auto rows = reader_->take();
    scanned.pieces.push_back({rows.rows, digest_of_rows(rows, 0)});
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
    for (size_t number = 0; number < files[file].pieces.size(); ++number) {
      const auto& piece = files[file].pieces[number];
      if (piece.rows == 0) continue;
      if (blocks_.empty() || rows_of(blocks_.back()) >= least_rows) blocks_.emplace_back();
      blocks_.back().push_back({file, number, piece});
      header_.rows += piece.rows;
    }
  }
  header_.digest = digest_of_set(uris_, digests);
}

int64_t StreamedTable::rows_of(const Block& block) {
  int64_t rows = 0;
  for (const auto& piece : block) rows += piece.scanned.rows;
  return rows;
}

Result<FileRows> StreamedTable::rows_again(const Block& block) {
  BadRows any(std::numeric_limits<int64_t>::max());
  static_cast<void>(reader_->take());  // what a reading that failed has left
  std::unique_ptr<DataFile> opened;
  size_t file = uris_.size();
  for (const auto& piece : block) {
    if (piece.file != file) {
      CRESSET_TRY(next, open_file(piece.file, any));
      opened = std::move(next);
      file = piece.file;
      CRESSET_CHECK(reader_->begin(uris_[file], *opened, any));
    }
    const int64_t before = reader_->rows().rows;
    if (piece.number < pieces_of(file, *opened))
      CRESSET_CHECK(add_piece(*opened, piece.number, uris_[file], any));
    if (digest_of_rows(reader_->rows(), before) != piece.scanned.digest)
      return base::fail(
          base::unavailable(named(request_) + uris_[file] + " changed while it was learned from"));
  }
  return reader_->take();
}

Result<Table> StreamedTable::read_again(const Block& block, const Table& like, bool keeps_numbers) {
  CRESSET_TRY(rows, rows_again(block));
  TableRequest request = request_;
  request.like = &like;
  request.keeps_numbers = keeps_numbers;
  return table_of(std::move(rows), request, columns_);
}

Result<Table> StreamedTable::read(const Block& block, const Table& like, bool keeps_numbers) {
  auto table = read_again(block, like, keeps_numbers);
  if (table) return table;
  return base::fail(base::unavailable(table.error().message()));  // it once could be read
}

}  // namespace cresset::data
