#include "worker/cpu/buckets.h"

#include "worker/cpu/bf16.h"

namespace cresset::cpu {

void pack_bf16(const float* const* parts, const int64_t* sizes, size_t count, uint16_t* bucket) {
  for (size_t part = 0; part < count; bucket += sizes[part++])
    for (int64_t i = 0; i < sizes[part]; ++i) bucket[i] = to_bf16(parts[part][i]);
}

void unpack_bf16(const uint16_t* bucket, float* const* parts, const int64_t* sizes, size_t count) {
  for (size_t part = 0; part < count; bucket += sizes[part++])
    for (int64_t i = 0; i < sizes[part]; ++i) parts[part][i] = from_bf16(bucket[i]);
}

}  // namespace cresset::cpu
