#include "worker/train/augment.h"

#include <algorithm>
#include <cmath>

#include "worker/data/core/sharding.h"
#include "worker/device/device.h"
#include "worker/model/tensors.h"

namespace cresset::train {

using base::Result;

namespace {

constexpr char kField[] = "spec.training.augment";
constexpr uint64_t kStream = 0x6175676d656e74;  // keeps these numbers apart from those of others

bool happens(double share, uint64_t drawn) {
  return std::ldexp(static_cast<double>(drawn >> 11), -53) < share;
}

struct Plane {
  int64_t height;
  int64_t width;
};

// One channel. What is moved out is lost, and zeros come after it.
void copy_plane(const float* from, float* into, const Plane& plane, const Change& change) {
  const int64_t first = std::max<int64_t>(0, change.right);
  const int64_t last = plane.width + std::min<int64_t>(0, change.right);
  for (int64_t y = 0; y < plane.height; ++y) {
    const int64_t moved = change.upside_down ? plane.height - 1 - y : y;
    const int64_t source = moved - change.down;
    if (source < 0 || source >= plane.height) continue;
    float* row = into + y * plane.width;
    std::copy(from + source * plane.width + first - change.right,
              from + source * plane.width + last - change.right, row + first);
    if (change.mirrored) std::reverse(row, row + plane.width);
  }
}

// Along one side of the images, [rows, size]: the place from which each place is taken, and `size`,
// where zeros are, for what is taken from outside.
at::Tensor sources(const std::vector<Change>& changes, int64_t size,
                   int64_t (*source)(const Change&, int64_t place, int64_t size)) {
  auto all = at::empty({static_cast<int64_t>(changes.size()), size}, at::kLong);
  auto* into = all.mutable_data_ptr<int64_t>();
  for (const auto& change : changes)
    for (int64_t place = 0; place < size; ++place, ++into) {
      const int64_t from = source(change, place, size);
      *into = from < 0 || from >= size ? size : from;
    }
  return all;
}

int64_t row_of(const Change& change, int64_t y, int64_t height) {
  return (change.upside_down ? height - 1 - y : y) - change.down;
}

int64_t column_of(const Change& change, int64_t x, int64_t width) {
  return (change.mirrored ? width - 1 - x : x) - change.right;
}

}  // namespace

Result<void> check_augment(const worker_contract::AugmentSpec& spec,
                           const std::vector<int64_t>& sample_shape) {
  if (!spec.changes_images()) return {};
  if (sample_shape.size() != 3)
    return base::fail(base::invalid(std::string(kField) + " is of images, whose samples have the " +
                                    "shape [channels, height, width], found " +
                                    model::words(sample_shape) + "; a reshape step makes it so"));
  const int64_t most = std::min(sample_shape[1], sample_shape[2]) - 1;
  if (spec.crop_padding <= most) return {};
  return base::fail(base::invalid(std::string(kField) + ".cropPadding is " +
                                  std::to_string(spec.crop_padding) + ", allowed are 0 to " +
                                  std::to_string(most) + " of images of the shape " +
                                  model::words(sample_shape)));
}

Change change_of(const worker_contract::AugmentSpec& spec, int64_t row, uint64_t seed) {
  const uint64_t own = data::mix(data::mix(seed, kStream), static_cast<uint64_t>(row));
  const auto shift = [&](uint64_t which) {
    const auto places = static_cast<uint64_t>(2 * spec.crop_padding + 1);
    return static_cast<int64_t>(data::mix(own, which) % places) - spec.crop_padding;
  };
  return {.down = shift(0),
          .right = shift(1),
          .mirrored = happens(spec.horizontal_flip, data::mix(own, 2)),
          .upside_down = happens(spec.vertical_flip, data::mix(own, 3))};
}

at::Tensor augmented(const worker_contract::AugmentSpec& spec, const at::Tensor& images,
                     const at::Tensor& rows, uint64_t seed) {
  if (!images.is_cpu()) return augmented_by_indices(spec, images, rows, seed);
  const auto given = images.contiguous();
  auto changed = at::zeros_like(given);
  const Plane plane{given.size(2), given.size(3)};
  const int64_t size = plane.height * plane.width;
  const auto* from = given.const_data_ptr<float>();
  auto* into = changed.mutable_data_ptr<float>();
  const auto* row = rows.const_data_ptr<int64_t>();
  for (int64_t i = 0; i < given.size(0); ++i) {
    const Change change = change_of(spec, row[i], seed);
    for (int64_t channel = 0; channel < given.size(1); ++channel, from += size, into += size)
      copy_plane(from, into, plane, change);
  }
  return changed;
}

at::Tensor augmented_by_indices(const worker_contract::AugmentSpec& spec, const at::Tensor& images,
                                const at::Tensor& rows, uint64_t seed) {
  const auto* row = rows.const_data_ptr<int64_t>();
  std::vector<Change> changes;
  for (int64_t i = 0; i < rows.numel(); ++i) changes.push_back(change_of(spec, row[i], seed));
  const auto n = images.size(0), channels = images.size(1), height = images.size(2),
             width = images.size(3);
  const auto y = device::moved(sources(changes, height, row_of), images.device());
  const auto x = device::moved(sources(changes, width, column_of), images.device());
  const auto padded = at::constant_pad_nd(images, {0, 1, 0, 1});  // a row and a column of zeros
  return padded.gather(2, y.view({n, 1, height, 1}).expand({n, channels, height, width + 1}))
      .gather(3, x.view({n, 1, 1, width}).expand({n, channels, height, width}));
}

}  // namespace cresset::train
