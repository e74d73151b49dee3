#include "worker/cuda/batches.h"

#include <cuda_bf16.h>

#include <algorithm>

#include "worker/cuda/launch.h"

namespace cresset::cuda {

using base::Result;

namespace {

constexpr unsigned kThreads = 256;
constexpr int64_t kStepsOfAThread = 8;
constexpr int64_t kMostGridY = 65535;

// Copies rows of a table to a batch, in units of 16, 4 or 1 bytes. threadIdx.y and blockIdx.x say
// which row of the batch, the others which unit of it.
template <typename Unit>
__global__ void copy_rows(const Unit* table, int64_t rows, int64_t units, const int64_t* indices,
                          int64_t count, Unit* into) {
  const int64_t row = int64_t{blockIdx.x} * blockDim.y + threadIdx.y;
  if (row >= count) return;
  const int64_t index = indices[row];
  if (index < 0 || index >= rows) __trap();
  table += index * units;
  into += row * units;
  const int64_t step = int64_t{gridDim.y} * blockDim.x;
  for (int64_t unit = int64_t{blockIdx.y} * blockDim.x + threadIdx.x; unit < units; unit += step)
    into[unit] = table[unit];
}

template <typename Unit>
Result<void> copy_units(const void* table, int64_t rows, size_t row_bytes, const int64_t* indices,
                        int64_t count, void* into, Stream stream) {
  const auto units = static_cast<int64_t>(row_bytes / sizeof(Unit));
  unsigned width = 1;  // of a block: no wider than a row
  while (width < kThreads && width < units) width *= 2;
  const unsigned height = kThreads / width;
  const int64_t across = units / (width * kStepsOfAThread);
  return launch("gather_rows", copy_rows<Unit>,
                {.across = (count + height - 1) / height,
                 .down = std::clamp<int64_t>(across, 1, kMostGridY),
                 .block = dim3(width, height)},
                stream, static_cast<const Unit*>(table), rows, units, indices, count,
                static_cast<Unit*>(into));
}

__device__ void store(float* into, float value) { *into = value; }
__device__ void store(uint16_t* into, float value) {
  *into = __bfloat16_as_ushort(__float2bfloat16_rn(value));
}

template <typename To>
struct alignas(4 * sizeof(To)) Four {
  To values[4];
};

// A block a plane (blockIdx.x) and a part of it (blockIdx.y), kWidth pixels a thread and step.
template <int kWidth, typename To>
__global__ void cast(const uint8_t* images, int64_t pixels, int64_t channels, const float* mean,
                     const float* inverse, To* into) {
  const int64_t channel = blockIdx.x % channels;
  const float m = mean[channel], scale = inverse[channel];
  images += int64_t{blockIdx.x} * pixels;
  into += int64_t{blockIdx.x} * pixels;
  const int64_t step = int64_t{gridDim.y} * blockDim.x * kWidth;
  const int64_t first = (int64_t{blockIdx.y} * blockDim.x + threadIdx.x) * kWidth;
  for (int64_t p = first; p < pixels; p += step) {
    if constexpr (kWidth == 1) {
      store(into + p, (static_cast<float>(images[p]) - m) * scale);
    } else {
      const auto bytes = *reinterpret_cast<const Four<uint8_t>*>(images + p);
      Four<To> done;
      for (int i = 0; i < kWidth; ++i)
        store(done.values + i, (static_cast<float>(bytes.values[i]) - m) * scale);
      *reinterpret_cast<Four<To>*>(into + p) = done;
    }
  }
}

template <typename To>
Result<void> start_casting(const uint8_t* images, int64_t planes, int64_t pixels, int64_t channels,
                           const float* mean, const float* inverse, To* into, Stream stream) {
  if (planes == 0 || pixels == 0) return {};
  const bool in_fours = pixels % 4 == 0 && reinterpret_cast<uintptr_t>(images) % 4 == 0 &&
                        reinterpret_cast<uintptr_t>(into) % sizeof(Four<To>) == 0;
  const int64_t across = pixels / (kThreads * kStepsOfAThread * (in_fours ? 4 : 1));
  return launch(
      "cast_and_scale", in_fours ? cast<4, To> : cast<1, To>,
      {.across = planes, .down = std::clamp<int64_t>(across, 1, kMostGridY), .block = kThreads},
      stream, images, pixels, channels, mean, inverse, into);
}

}  // namespace

Result<void> gather_rows(const void* table, int64_t rows, size_t row_bytes, const int64_t* indices,
                         int64_t count, void* into, Stream stream) {
  if (count == 0 || row_bytes == 0) return {};
  const auto all =
      reinterpret_cast<uintptr_t>(table) | reinterpret_cast<uintptr_t>(into) | row_bytes;
  auto* copy = copy_units<uint8_t>;
  if (all % sizeof(uint4) == 0)
    copy = copy_units<uint4>;
  else if (all % sizeof(uint32_t) == 0)
    copy = copy_units<uint32_t>;
  return copy(table, rows, row_bytes, indices, count, into, stream);
}

Result<void> cast_and_scale(const uint8_t* images, int64_t planes, int64_t pixels, int64_t channels,
                            const float* mean, const float* inverse, float* into, Stream stream) {
  return start_casting(images, planes, pixels, channels, mean, inverse, into, stream);
}

Result<void> cast_and_scale(const uint8_t* images, int64_t planes, int64_t pixels, int64_t channels,
                            const float* mean, const float* inverse, uint16_t* into,
                            Stream stream) {
  return start_casting(images, planes, pixels, channels, mean, inverse, into, stream);
}

}  // namespace cresset::cuda
