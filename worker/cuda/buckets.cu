#include "worker/cuda/buckets.h"

#include <cuda_bf16.h>

#include <algorithm>

#include "worker/cuda/launch.h"

namespace cresset::cuda {

using base::Result;

namespace {

constexpr unsigned kThreads = 256;
constexpr int64_t kChunk = 4096;  // of the bucket, a block
constexpr int kMostParts = 256;

// Travels with the launch, as one of its arguments, so that nothing is allocated or copied first.
template <typename Float>
struct Parts {
  Float* values[kMostParts];
  int64_t ends[kMostParts];  // in the bucket
  int count;
};
constexpr size_t kMostOfArguments = 32'764;  // since CUDA 12.1, from sm_70 on
static_assert(sizeof(Parts<float>) + sizeof(void*) <= kMostOfArguments);

struct alignas(8) FourBf16 {
  __nv_bfloat162 low, high;
};

__device__ FourBf16 rounded(float4 values) {
  return {__floats2bfloat162_rn(values.x, values.y), __floats2bfloat162_rn(values.z, values.w)};
}

__device__ void move_one(const float* values, __nv_bfloat16* bucket) {
  *bucket = __float2bfloat16_rn(*values);
}
__device__ void move_one(float* values, const __nv_bfloat16* bucket) {
  *values = __bfloat162float(*bucket);
}
__device__ void move_four(const float* values, __nv_bfloat16* bucket) {
  *reinterpret_cast<FourBf16*>(bucket) = rounded(*reinterpret_cast<const float4*>(values));
}
__device__ void move_four(float* values, const __nv_bfloat16* bucket) {
  const auto four = *reinterpret_cast<const FourBf16*>(bucket);
  const float2 low = __bfloat1622float2(four.low), high = __bfloat1622float2(four.high);
  *reinterpret_cast<float4*>(values) = make_float4(low.x, low.y, high.x, high.y);
}

__device__ bool lies_in_fours(const float* values, const void* bucket) {
  return reinterpret_cast<uintptr_t>(values) % sizeof(float4) == 0 &&
         reinterpret_cast<uintptr_t>(bucket) % sizeof(FourBf16) == 0;
}

// All threads of a block, over what one part has of the block's chunk.
template <typename Float, typename Bf16>
__device__ void move_piece(Float* values, Bf16* bucket, int64_t size) {
  int64_t done = 0;
  if (lies_in_fours(values, bucket)) {
    for (int64_t four = threadIdx.x; four < size / 4; four += blockDim.x)
      move_four(values + 4 * four, bucket + 4 * four);
    done = size / 4 * 4;
  }
  for (int64_t i = done + threadIdx.x; i < size; i += blockDim.x) move_one(values + i, bucket + i);
}

template <typename Float, typename Bf16>
__global__ void move_parts(const __grid_constant__ Parts<Float> parts, Bf16* bucket) {
  int64_t at = int64_t{blockIdx.x} * kChunk;
  const int64_t end = min(at + kChunk, parts.ends[parts.count - 1]);
  int part = 0;  // the first one that ends behind `at`
  for (int left = parts.count; left > 0;) {
    const int half = left / 2;
    const bool is_before = parts.ends[part + half] <= at;
    part = is_before ? part + half + 1 : part;
    left = is_before ? left - half - 1 : half;
  }
  for (; at < end; ++part) {
    const int64_t begin = part > 0 ? parts.ends[part - 1] : 0;
    const int64_t stop = min(parts.ends[part], end);
    move_piece(parts.values[part] + (at - begin), bucket + at, stop - at);
    at = stop;
  }
}

// The twins of one direction each: Float or Bf16 is const.
template <typename Float, typename Bf16>
Result<void> move(const char* doing, Float* const* values, const int64_t* sizes, size_t count,
                  Bf16* bucket, Stream stream) {
  for (size_t first = 0; first < count; first += kMostParts) {
    Parts<Float> parts;
    parts.count = static_cast<int>(std::min<size_t>(kMostParts, count - first));
    int64_t end = 0;
    for (int i = 0; i < parts.count; ++i) {
      parts.values[i] = values[first + i];
      parts.ends[i] = end += sizes[first + i];
    }
    if (end == 0) continue;
    CRESSET_CHECK(launch(doing, move_parts<Float, Bf16>,
                         {.across = (end + kChunk - 1) / kChunk, .block = kThreads}, stream, parts,
                         bucket));
    bucket += end;
  }
  return {};
}

}  // namespace

Result<void> pack_bf16(const float* const* parts, const int64_t* sizes, size_t count,
                       uint16_t* bucket, Stream stream) {
  return move("pack_bf16", parts, sizes, count, reinterpret_cast<__nv_bfloat16*>(bucket), stream);
}

Result<void> unpack_bf16(const uint16_t* bucket, float* const* parts, const int64_t* sizes,
                         size_t count, Stream stream) {
  return move("unpack_bf16", parts, sizes, count, reinterpret_cast<const __nv_bfloat16*>(bucket),
              stream);
}

}  // namespace cresset::cuda
