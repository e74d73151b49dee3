#pragma once
// spec.training.gradient: what is done to gradients before the weights follow them, and how many
// rows are computed at once on the way. Pure values; part of training_spec.h. What it means is
// worker/train/gradient.h.

#include <cstdint>
#include <string>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

struct GradientSpec {
  double clip_norm = 0;          // the most that the norm of all gradients may be; 0 = not clipped
  double clip_value = 0;         // the most that each gradient may be; 0 = not clipped
  int64_t micro_batch_size = 0;  // rows that a rank computes at once; 0 = all of its part
  bool operator==(const GradientSpec&) const = default;
};

base::Result<GradientSpec> decode_gradient(const base::Json& json, const std::string& path);
base::Json encode(const GradientSpec& gradient);

}  // namespace cresset::worker_contract
