#pragma once
// Images changed at random before a step learns from them, as torchvision's RandomCrop (of the
// images' own size, with padding of zeros), then RandomHorizontalFlip and RandomVerticalFlip do.
// What becomes of an image depends on the seed, the epoch and its row alone: any number of ranks
// sees the same images, and so does a run that goes on from a checkpoint. Functions; they hold
// nothing, and any thread may call them.
//
//   CRESSET_CHECK(check_augment(spec.augment, {1, 28, 28}));
//   inputs = augmented(spec.augment, inputs, rows, data::mix(seed, epoch));

#include <ATen/ATen.h>

#include <vector>

#include "crds/worker_contract/augment_spec.h"
#include "operator/base/result.h"

namespace cresset::train {

// An error when samples of this shape are no images, or are too small to be moved so far.
base::Result<void> check_augment(const worker_contract::AugmentSpec& spec,
                                 const std::vector<int64_t>& sample_shape);

// How an image is changed.
struct Change {
  int64_t down = 0;  // pixels by which it is moved
  int64_t right = 0;
  bool mirrored = false;     // left and right
  bool upside_down = false;  // above and below
};
Change change_of(const worker_contract::AugmentSpec& spec, int64_t row, uint64_t seed);

// `images` of float, [rows, channels, height, width], are the training rows `rows`, which is on the
// CPU.
at::Tensor augmented(const worker_contract::AugmentSpec& spec, const at::Tensor& images,
                     const at::Tensor& rows, uint64_t seed);
// The same bits by operations that any device has; on the CPU the other way is the faster one.
at::Tensor augmented_by_indices(const worker_contract::AugmentSpec& spec, const at::Tensor& images,
                                const at::Tensor& rows, uint64_t seed);

}  // namespace cresset::train
