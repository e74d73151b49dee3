#pragma once
// spec.training.augment: what is done at random to the images that a step learns from, and never to
// those of a validation or a request. Pure values; part of training_spec.h. What it means is
// worker/train/augment.h.

#include <cstdint>
#include <string>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

struct AugmentSpec {
  double horizontal_flip = 0;  // the share of images whose left and right change places
  double vertical_flip = 0;    // of which above and below do
  int64_t crop_padding = 0;    // pixels by which an image may move, up, down, left and right
  bool changes_images() const {
    return horizontal_flip > 0 || vertical_flip > 0 || crop_padding > 0;
  }
  bool operator==(const AugmentSpec&) const = default;
};

base::Result<AugmentSpec> decode_augment(const base::Json& json, const std::string& path);
base::Json encode(const AugmentSpec& augment);

}  // namespace cresset::worker_contract
