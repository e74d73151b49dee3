#pragma once
// Many tensors of floats as one flat bucket of bf16 and back, on a GPU: the twins of
// worker/cpu/buckets.h, in the order of a stream. The parts and the bucket are memory of the
// current device, their lists the host's, which may be forgotten when the function answers. One
// launch for each 256 parts; any thread.
//
//   CRESSET_CHECK(pack_bf16(gradients, sizes, count, bucket, stream));

#include <cstddef>
#include <cstdint>

#include "operator/base/result.h"
#include "worker/cuda/stream.h"

namespace cresset::cuda {

base::Result<void> pack_bf16(const float* const* parts, const int64_t* sizes, size_t count,
                             uint16_t* bucket, Stream stream);
base::Result<void> unpack_bf16(const uint16_t* bucket, float* const* parts, const int64_t* sizes,
                               size_t count, Stream stream);

}  // namespace cresset::cuda
