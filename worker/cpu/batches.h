#pragma once
// What makes a batch, on the CPU: rows of a table by their numbers, and images of bytes as numbers
// that a network takes. Plain functions over memory that the caller owns and that does not overlap;
// any thread. worker/cuda has their twins with the same names.
//
//   CRESSET_CHECK(gather_rows(table, rows, row_bytes, numbers, count, batch));

#include <cstddef>
#include <cstdint>

#include "operator/base/result.h"

namespace cresset::cpu {

// Row i of `into` becomes row indices[i] of `table`, which has `rows` of `row_bytes` bytes each. An
// index beyond them is an error before anything is written.
base::Result<void> gather_rows(const void* table, int64_t rows, size_t row_bytes,
                               const int64_t* indices, int64_t count, void* into);

// (byte - mean[channel]) * inverse[channel], in float. `planes` of `pixels` bytes each, the
// channels of an image one after another, the images too.
void cast_and_scale(const uint8_t* images, int64_t planes, int64_t pixels, int64_t channels,
                    const float* mean, const float* inverse, float* into);
// The same, rounded to the nearest bf16 (even in a tie).
void cast_and_scale(const uint8_t* images, int64_t planes, int64_t pixels, int64_t channels,
                    const float* mean, const float* inverse, uint16_t* into);

}  // namespace cresset::cpu
