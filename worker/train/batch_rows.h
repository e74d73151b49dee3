#pragma once
// The rows that a rank learns from, step by step: of tables that are held whole (kept_rows.h) or
// streamed (streamed_rows.h). Which rows a batch has follows from the step alone; this rank's are a
// contiguous part of it. Owned by the session, used by the training loop's thread; what says so is
// called by all ranks, at the same step.
//
//   CRESSET_TRY(own, rows.begin(step));
//   loss(network(rows.inputs(0, own)), rows.targets(0, own));

#include <string>
#include <vector>

#include "operator/base/result.h"
#include "worker/data/core/row_origins.h"
#include "worker/data/core/sharding.h"
#include "worker/train/core/divergence.h"
#include "worker/train/loss.h"

namespace cresset::train {

class BatchRows {
 public:
  virtual ~BatchRows() = default;

  // How many steps and rows there are.
  virtual const data::Sampler& sampler() const = 0;
  // Of the files.
  virtual const std::string& digest() const = 0;

  // What follows is of this step. Answers how many of its rows are this rank's.
  virtual base::Result<int64_t> begin(int64_t step) = 0;
  // begin() of this step comes next, if anything: what it costs may be done beside the step that is
  // computed, which has asked for all of its rows.
  virtual void look_ahead(int64_t /*step*/) {}
  // Of these rows `size` from `first` on, on the device that learns.
  virtual at::Tensor inputs(int64_t first, int64_t size) const = 0;
  virtual at::Tensor targets(int64_t first, int64_t size) const = 0;
  // Which rows of the data they are, but for those left out: the same in each epoch. On the CPU.
  virtual at::Tensor numbers(int64_t first, int64_t size) const = 0;
  // Of the loss's sum over the whole batch, on every rank. Called by all ranks.
  virtual base::Result<double> divisor(const Loss& loss) = 0;

  // Where those rows of the step's batch are from for which `chosen` is above 0, in the order of
  // the data. Called by all ranks.
  virtual base::Result<std::vector<data::RowOrigin>> origins(int64_t step,
                                                             const at::Tensor& chosen) = 0;
  // Fills in what is known of rows that stand out, up to this step. Called by all ranks.
  virtual base::Result<void> find_outstanding(int64_t step, Divergence& found) = 0;
};

// The greatest value of each row.
at::Tensor row_sizes(const at::Tensor& inputs);
// Beyond what a row stands out, if half of all have nothing beyond `usual_largest`.
double far_from(double usual_largest);
// What of a row stands out; `inputs` are its own.
OutstandingRow outstanding_row(const at::Tensor& inputs, const std::vector<std::string>& columns,
                               data::RowOrigin origin, int64_t step);

}  // namespace cresset::train
