#pragma once
// Many tensors of floats as one flat bucket of bf16, which is what travels between ranks, and back,
// on the CPU. Plain functions over memory that the caller owns; any thread. worker/cuda has their
// twins with the same names.
//
//   pack_bf16(gradients, sizes, count, bucket);  …sum the bucket over the ranks…
//   unpack_bf16(bucket, gradients, sizes, count);

#include <cstddef>
#include <cstdint>

namespace cresset::cpu {

// The `count` parts one after another, sizes[i] floats of parts[i], each rounded to the nearest
// bf16 (even in a tie).
void pack_bf16(const float* const* parts, const int64_t* sizes, size_t count, uint16_t* bucket);
// Every part back.
void unpack_bf16(const uint16_t* bucket, float* const* parts, const int64_t* sizes, size_t count);

}  // namespace cresset::cpu
