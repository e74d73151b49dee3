#include "worker/cpu/batches.h"

#include <cstring>
#include <string>

#include "worker/cpu/bf16.h"

namespace cresset::cpu {

using base::Result;

namespace {

Result<void> check(const int64_t* indices, int64_t count, int64_t rows) {
  for (int64_t i = 0; i < count; ++i)
    if (indices[i] < 0 || indices[i] >= rows)
      return base::fail(base::internal("row " + std::to_string(indices[i]) + " of a table of " +
                                       std::to_string(rows) + " rows"));
  return {};
}

size_t at(int64_t row, size_t row_bytes) { return static_cast<size_t>(row) * row_bytes; }

template <typename To, typename Round>
void cast(const uint8_t* images, int64_t planes, int64_t pixels, int64_t channels,
          const float* mean, const float* inverse, To* into, Round round) {
  for (int64_t plane = 0; plane < planes; ++plane) {
    const int64_t begin = plane * pixels;
    const float m = mean[plane % channels], i = inverse[plane % channels];
    for (int64_t p = begin; p < begin + pixels; ++p)
      into[p] = round((static_cast<float>(images[p]) - m) * i);
  }
}

}  // namespace

Result<void> gather_rows(const void* table, int64_t rows, size_t row_bytes, const int64_t* indices,
                         int64_t count, void* into) {
  CRESSET_CHECK(check(indices, count, rows));
  for (int64_t i = 0; i < count; ++i)
    std::memcpy(static_cast<char*>(into) + at(i, row_bytes),
                static_cast<const char*>(table) + at(indices[i], row_bytes), row_bytes);
  return {};
}

void cast_and_scale(const uint8_t* images, int64_t planes, int64_t pixels, int64_t channels,
                    const float* mean, const float* inverse, float* into) {
  cast(images, planes, pixels, channels, mean, inverse, into, [](float value) { return value; });
}

void cast_and_scale(const uint8_t* images, int64_t planes, int64_t pixels, int64_t channels,
                    const float* mean, const float* inverse, uint16_t* into) {
  cast(images, planes, pixels, channels, mean, inverse, into, to_bf16);
}

}  // namespace cresset::cpu
