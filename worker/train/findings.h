#pragma once
// What validation finds of a rank's rows, by what is predicted, and what all ranks' findings
// together tell (evaluation.h). Owned by one evaluation; one thread. What the metrics are called is
// crds/worker_contract/goal_spec.h; each is scikit-learn's of the same name over all rows.

#include <ATen/ATen.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "operator/base/result.h"
#include "worker/data/core/sharding.h"
#include "worker/dist/process_group.h"
#include "worker/train/training_data.h"

namespace cresset::train {

using Metrics = std::map<std::string, double>;

class Findings {
 public:
  virtual ~Findings() = default;
  // Of the next rows of this rank's part.
  virtual void add(const at::Tensor& outputs, const at::Tensor& targets) = 0;
  // Called once and by all ranks.
  virtual base::Result<Metrics> tell(dist::ProcessGroup& group) = 0;
};

// Of rows `part` of the samples, which outlive the findings and are on the CPU; outputs and targets
// are on `device`, where they are counted. `keeps_scores`: rows × columns floats are kept for
// "auc", on the CPU.
std::unique_ptr<Findings> find_classes(const Samples& samples, data::Range part, bool keeps_scores,
                                       const c10::Device& device);
std::unique_ptr<Findings> find_tokens(const Samples& samples, const c10::Device& device);
std::unique_ptr<Findings> find_labels(const Samples& samples, data::Range part, bool keeps_scores,
                                      const c10::Device& device);
std::unique_ptr<Findings> find_numbers(const Samples& samples, const c10::Device& device);

// The mean over the columns of the areas under their ROC curves, of those that have rows of both
// kinds; nothing when none has. `scores` are those of this rank's `part` of `rows`, and
// `positive(column)` says of all rows which are. Exact: each rank sorts for some of the columns of
// a block, whose scores all of them get.
base::Result<std::optional<double>> mean_area(
    const at::Tensor& scores, const std::function<at::Tensor(int64_t column)>& positive,
    int64_t rows, data::Range part, dist::ProcessGroup& group);

}  // namespace cresset::train
