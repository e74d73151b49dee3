#pragma once
// The training rows of a job that streams them (spec.training.data.streaming): each rank scans its
// share of the files once, what all found is merged, and from then on blocks are read as the steps
// need them (streamed_rows.h). Owned by the session, which calls in this order.
//
//   CRESSET_TRY(stream, StreamedData::open(store, spec));
//   CRESSET_CHECK(stream->scan(preprocessing, rank, ranks, raw.bad_rows, stop));
//   CRESSET_CHECK(stream->merge(group, preprocessing, raw));
//   CRESSET_CHECK(stream->check_memory(row_bytes));

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"
#include "worker/data/core/stream_order.h"
#include "worker/data/streamed_table.h"
#include "worker/dist/process_group.h"
#include "worker/model/column_summary.h"
#include "worker/model/preprocess.h"
#include "worker/train/label_scan.h"
#include "worker/train/training_data.h"

namespace cresset::train {

class StreamedData {
 public:
  static base::Result<std::unique_ptr<StreamedData>> open(
      data::Store& store, const worker_contract::TrainingSpec& spec);

  // As data::StreamedTable has it.
  const data::Table& header() const { return table_->header(); }

  // Without the other ranks, of whose rows nothing is known yet. Cancelled once `stop` says so.
  base::Result<void> scan(const model::Preprocessing& steps, int rank, int ranks,
                          data::BadRows& bad, const std::atomic<bool>& stop);
  // Of all ranks: fits the steps, counts bad rows, and makes `raw.train` the header, with classes.
  base::Result<void> merge(dist::ProcessGroup& group, model::Preprocessing& steps, RawData& raw);

  // An error when what a step needs at once has no room (streaming.memoryMiB), whatever the number
  // of ranks is.
  base::Result<void> check_memory(int64_t row_bytes) const;

  const LabelScan& labels() const { return *labels_; }
  data::StreamedTable& table() { return *table_; }
  const data::StreamOrder& order() const { return *order_; }

 private:
  StreamedData(const worker_contract::TrainingSpec& spec,
               std::unique_ptr<data::StreamedTable> table);
  base::Json encode_scan(const data::BadRows& bad) const;
  base::Result<void> take(const base::Json& scan, data::BadRows& bad);
  base::Result<void> lay_out(const data::BadRows& bad);

  const worker_contract::TrainingSpec& spec_;
  std::unique_ptr<data::StreamedTable> table_;
  std::string listing_;                        // a digest of the files that rank 0 found
  std::vector<data::ScannedFile> files_;       // of this rank, then of all, then none
  std::optional<model::Summaries> summaries_;  // of this rank, until all have them
  std::optional<LabelScan> labels_;            // of this rank, then of all
  std::optional<data::StreamOrder> order_;
};

}  // namespace cresset::train
