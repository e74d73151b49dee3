#pragma once
// spec.training.schedule: how the learning rate changes while a job trains. Names, parameters and
// defaults are those of PyTorch's schedulers (StepLR, CosineAnnealingLR, OneCycleLR, LinearLR for
// the warm-up), counted in steps. The rate itself is worker/train/core/learning_rate.h. Pure
// values; part of training_spec.h.

#include <cstdint>
#include <string>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

struct ScheduleSpec {
  std::string name = "Constant";  // Constant | Step | Cosine | OneCycle
  // One of both above 0, or no warm-up; OneCycle has a rise of its own.
  int64_t warmup_steps = 0;
  double warmup_fraction = 0;            // of all steps
  double warmup_start_factor = 1.0 / 3;  // of the learning rate, at the first step
  int64_t step_size = 0;                 // Step: steps between two drops
  double gamma = 0.1;                    // Step: factor of a drop
  double eta_min = 0;                    // Cosine: the learning rate at the end
  double pct_start = 0.3;                // OneCycle: share of the steps that rise
  double div_factor = 25;                // OneCycle: learning rate / first one
  double final_div_factor = 1e4;         // OneCycle: first one / last one
  std::string anneal_strategy = "Cos";   // OneCycle: Cos | Linear
  bool operator==(const ScheduleSpec&) const = default;
};

// What a schedule of that name does not have is an error that names what it has.
base::Result<ScheduleSpec> decode_schedule(const base::Json& json, const std::string& path);
base::Json encode(const ScheduleSpec& schedule);

}  // namespace cresset::worker_contract
