#pragma once
// The rows of batches (batch_rows.h) out of a data set that is never held whole: blocks of it are
// read ahead on a thread of its own, made ready for the network there, and let go once the windows
// that they are of have been learned from (data/core/stream_order.h has the order). What is given
// outlives it. Used by one thread; destroying it ends the other.

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/json.h"
#include "worker/data/core/read_ahead.h"
#include "worker/data/core/stream_order.h"
#include "worker/data/streamed_table.h"
#include "worker/dist/process_group.h"
#include "worker/train/batch_rows.h"
#include "worker/train/training_data.h"

namespace cresset::train {

// What a row takes in memory once it is ready: the values, and what is learned of them.
int64_t row_bytes_of(const data::StreamedTable& table, size_t values, bool of_tokens);

class StreamedRows : public BatchRows {
 public:
  struct Parts {
    const worker_contract::TrainingSpec& spec;
    data::StreamedTable& table;
    data::StreamOrder order;
    const data::Table& header;         // with classes
    std::vector<std::string> columns;  // what the values of a row are when it is ready
    bool of_tokens = false;            // labels stay as they are
    int64_t row_bytes = 0;             // what a row takes when it is ready
    // Makes rows that were read ready; called on the thread that reads.
    std::function<base::Result<Samples>(data::Table)> prepare;
    dist::ProcessGroup& group;
    c10::Device device = at::kCPU;  // that learns
  };
  explicit StreamedRows(Parts parts);

  const data::Sampler& sampler() const override { return sampler_; }
  const std::string& digest() const override { return parts_.header.digest; }
  base::Result<int64_t> begin(int64_t step) override;
  at::Tensor inputs(int64_t first, int64_t size) const override;
  at::Tensor targets(int64_t first, int64_t size) const override;
  at::Tensor numbers(int64_t first, int64_t size) const override;
  base::Result<double> divisor(const Loss& loss) override;
  base::Result<std::vector<data::RowOrigin>> origins(int64_t step,
                                                     const at::Tensor& chosen) override;
  // Of the newest steps: what they learned from is read once more, if it is not there any more.
  base::Result<void> find_outstanding(int64_t step, Divergence& found) override;

  // Rows and labels, so far.
  int64_t most_bytes_held() const { return ahead_ ? ahead_->most_bytes_held() : 0; }

 private:
  using Ahead = data::ReadAhead<Samples>;
  // A row of the batch that something is said of, in the order of the data.
  struct Named {
    data::StreamOrder::Place place;
    base::Json words;
  };

  Ahead::Source source();
  base::Result<Samples> load(size_t block);
  at::Tensor gather(at::Tensor Samples::*of) const;
  data::RowOrigin origin_of(const data::StreamOrder::Place& place) const;
  // Those of all ranks, sorted.
  base::Result<std::vector<Named>> exchange(const std::vector<Named>& own);
  base::Result<at::Tensor> sizes_of_batch();

  Parts parts_;
  data::Sampler sampler_;
  std::vector<int64_t> block_begins_;  // the number of each block's first row
  int64_t step_ = -1;
  data::Range part_;  // of the batch, this rank's
  std::vector<data::StreamOrder::Place> places_;
  at::Tensor inputs_;  // on the CPU, as the targets
  at::Tensor targets_;
  Ahead::Parts held_;  // what the step needs
  std::unique_ptr<Ahead> ahead_;
};

}  // namespace cresset::train
