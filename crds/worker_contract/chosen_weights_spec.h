#pragma once
// spec.training.averaging and spec.training.earlyStopping: which weights of a run become the model
// (those of its last step, unless one of these says otherwise). Pure values; part of
// training_spec.h. What they do is worker/train/averaging.h and worker/train/core/early_stopping.h.

#include <cstdint>
#include <string>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

struct AveragingSpec {
  double decay = 0;  // of the moving average, a step; 0 = no averaging
  bool operator==(const AveragingSpec&) const = default;
};

struct EarlyStoppingSpec {
  std::string metric = "loss";  // one that the goal has (goal_spec.h)
  int64_t patience = 0;         // validations without a better one that end a run; 0 = never
  double min_delta = 0;         // what is better by no more than this is not better
  bool operator==(const EarlyStoppingSpec&) const = default;
};

base::Result<AveragingSpec> decode_averaging(const base::Json& json, const std::string& path);
base::Result<EarlyStoppingSpec> decode_early_stopping(const base::Json& json,
                                                      const std::string& path);
base::Json encode(const AveragingSpec& averaging);     // of one that is on
base::Json encode(const EarlyStoppingSpec& stopping);  // of one that is on

}  // namespace cresset::worker_contract
