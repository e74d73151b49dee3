#include "crds/worker_contract/augment_spec.h"

namespace cresset::worker_contract {

using base::Json;

namespace {

constexpr int64_t kMostPadding = 256;  // half of the largest image that is read

}  // namespace

base::Result<AugmentSpec> decode_augment(const Json& json, const std::string& path) {
  AugmentSpec augment;
  base::Reader reader(json, path);
  if (auto share = reader.number("horizontalFlip", {0, 1})) augment.horizontal_flip = *share;
  if (auto share = reader.number("verticalFlip", {0, 1})) augment.vertical_flip = *share;
  if (auto pixels = reader.integer("cropPadding", {0, kMostPadding}))
    augment.crop_padding = *pixels;
  CRESSET_CHECK(reader.finish());
  return augment;
}

Json encode(const AugmentSpec& augment) {
  return {{"horizontalFlip", augment.horizontal_flip},
          {"verticalFlip", augment.vertical_flip},
          {"cropPadding", augment.crop_padding}};
}

}  // namespace cresset::worker_contract
