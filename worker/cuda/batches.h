#pragma once
// What makes a batch, on a GPU: the twins of worker/cpu/batches.h, in the order of a stream. All
// memory, also the indices and the numbers of the channels, is the current device's. They answer
// once a kernel is started; any thread.
//
//   CRESSET_CHECK(gather_rows(table, rows, row_bytes, numbers, count, batch, stream));

#include <cstddef>
#include <cstdint>

#include "operator/base/result.h"
#include "worker/cuda/stream.h"

namespace cresset::cuda {

// As on the CPU, but that an index beyond the rows is found while the kernel runs: it ends with an
// error that the device does not recover from, as after libtorch's own index_select.
base::Result<void> gather_rows(const void* table, int64_t rows, size_t row_bytes,
                               const int64_t* indices, int64_t count, void* into, Stream stream);

base::Result<void> cast_and_scale(const uint8_t* images, int64_t planes, int64_t pixels,
                                  int64_t channels, const float* mean, const float* inverse,
                                  float* into, Stream stream);
base::Result<void> cast_and_scale(const uint8_t* images, int64_t planes, int64_t pixels,
                                  int64_t channels, const float* mean, const float* inverse,
                                  uint16_t* into, Stream stream);

}  // namespace cresset::cuda
