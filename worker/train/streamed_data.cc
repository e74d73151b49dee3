#include "worker/train/streamed_data.h"

#include <algorithm>
#include <utility>

#include "operator/base/digest.h"
#include "worker/data/core/sharding.h"

namespace cresset::train {

using base::Json;
using base::Result;

namespace {

constexpr char kMemoryField[] = "spec.training.data.streaming.memoryMiB";
constexpr int64_t kMiB = 1 << 20;
// Of a window, a block need not be less: the many files of a folder of images are few blocks.
constexpr int64_t kBlocksOfWindow = 256;
constexpr int64_t kLargestJoined = 256;  // rows

std::string digest_of(const std::vector<std::string>& uris) {
  base::Sha256 digest;
  for (const auto& uri : uris) digest.update(uri + "\n");
  return digest.hex();
}

int64_t to_mebibytes(int64_t bytes) { return (bytes + kMiB - 1) / kMiB; }

}  // namespace

StreamedData::StreamedData(const worker_contract::TrainingSpec& spec,
                           std::unique_ptr<data::StreamedTable> table)
    : spec_(spec), table_(std::move(table)) {}

Result<std::unique_ptr<StreamedData>> StreamedData::open(
    data::Store& store, const worker_contract::TrainingSpec& spec) {
  const auto memory = static_cast<size_t>(spec.data.streaming.memory_mib * kMiB);
  CRESSET_TRY(table, data::StreamedTable::open(store, train_request(spec), memory));
  return std::unique_ptr<StreamedData>(new StreamedData(spec, std::move(table)));
}

Result<void> StreamedData::scan(const model::Preprocessing& steps, int rank, int ranks,
                                data::BadRows& bad, const std::atomic<bool>& stop) {
  summaries_.emplace(steps.counted(), steps.counted_texts());
  labels_.emplace(header().label_kind, header().label_columns);
  const auto& uris = table_->uris();
  const auto own = data::shard(static_cast<int64_t>(uris.size()), rank, ranks);
  for (int64_t file = own.begin; file < own.end; ++file) {
    const auto look = [&](const data::FileRows& rows) -> Result<void> {
      summaries_->add(rows.values.data(), rows.rows, rows.texts);
      auto added = labels_->add(rows);
      if (added) return {};
      return base::fail(
          added.error().with_context(uris[static_cast<size_t>(file)]).with_context(kTrainField));
    };
    CRESSET_TRY(scanned, table_->scan(static_cast<size_t>(file), bad, look, stop));
    files_.push_back(std::move(scanned));
  }
  return {};
}

Json StreamedData::encode_scan(const data::BadRows& bad) const {
  Json files = Json::array();
  for (const auto& file : files_) {
    Json pieces = Json::array();
    for (const auto& piece : file.pieces) pieces.push_back({piece.rows, piece.digest});
    files.push_back({file.digest, pieces});
  }
  return {{"listing", digest_of(table_->uris())},
          {"files", files},
          {"labels", labels_->encode()},
          {"badRows", bad.count()},
          {"firstBadRows", bad.first()}};
}

Result<void> StreamedData::take(const Json& scan, data::BadRows& bad) {
  const auto listing = scan["listing"].get<std::string>();
  if (listing_.empty()) listing_ = listing;
  if (listing != listing_)
    return base::fail(
        base::unavailable("spec.training.data changed while it was read: the workers found "
                          "different files"));
  for (const auto& file : scan["files"]) {
    files_.push_back({file[0].get<std::string>(), {}});
    for (const auto& piece : file[1])
      files_.back().pieces.push_back({piece[0].get<int64_t>(), piece[1].get<uint64_t>()});
  }
  CRESSET_CHECK(bad.merge(scan["badRows"].get<int64_t>(),
                          scan["firstBadRows"].get<std::vector<std::string>>()));
  auto merged = labels_->merge(scan["labels"]);
  if (!merged)
    return base::fail(merged.error().with_context(header().uri).with_context(kTrainField));
  return {};
}

Result<void> StreamedData::merge(dist::ProcessGroup& group, model::Preprocessing& steps,
                                 RawData& raw) {
  const std::string own = base::dump(encode_scan(raw.bad_rows));
  files_.clear();
  labels_.emplace(header().label_kind, header().label_columns);
  raw.bad_rows = data::BadRows(spec_.data.bad_rows.limit);
  CRESSET_CHECK(dist::exchange_bytes(group, own, [&](const std::string& theirs) -> Result<void> {
    CRESSET_TRY(scan, base::parse_json(theirs, {.max_bytes = theirs.size(),
                                                .max_depth = 8,
                                                .max_elements = theirs.size()}));
    return take(scan, raw.bad_rows);
  }));
  CRESSET_CHECK(lay_out(raw.bad_rows));
  files_ = {};
  raw.train = header();
  raw.train.classes = labels_->classes();
  return fit_preprocessing(steps, *std::exchange(summaries_, std::nullopt), header().uri, group);
}

// All ranks come to the same, however many there are.
Result<void> StreamedData::lay_out(const data::BadRows& bad) {
  const auto& streaming = spec_.data.streaming;
  table_->set_files(
      files_, std::clamp<int64_t>(streaming.shuffle_window / kBlocksOfWindow, 1, kLargestJoined));
  if (header().rows == 0)
    return base::fail(base::invalid(std::string(kTrainField) + ": " + header().uri +
                                    ": it has no rows" +
                                    (bad.count() > 0 ? " that can be used" : "")));
  std::vector<int64_t> rows;
  for (const auto& block : table_->blocks()) rows.push_back(data::StreamedTable::rows_of(block));
  order_.emplace(rows, spec_.batch_size, streaming.shuffle_window,
                 static_cast<uint64_t>(spec_.seed));
  return {};
}

Result<void> StreamedData::check_memory(int64_t row_bytes) const {
  const auto& streaming = spec_.data.streaming;
  const int64_t needed = to_mebibytes(order_->most_rows_at_once() * row_bytes);
  if (needed <= streaming.memory_mib) return {};
  return base::fail(base::invalid(
      std::string(kMemoryField) + ": found " + std::to_string(streaming.memory_mib) +
      ", allowed are " + std::to_string(needed) + " and more: that is what " +
      std::to_string(order_->most_rows_at_once()) +
      " rows take, which a step may need at once with a shuffleWindow of " +
      std::to_string(streaming.shuffle_window) + " rows and row groups or files of up to " +
      std::to_string(order_->largest_block()) + "; make one of these smaller"));
}

}  // namespace cresset::train
