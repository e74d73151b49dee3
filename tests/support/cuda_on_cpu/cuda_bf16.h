#pragma once
// Stands in for CUDA's header of this name beside cuda_runtime.h, over our own bf16 of the CPU.

#include "cuda_runtime.h"
#include "worker/cpu/bf16.h"

struct __nv_bfloat16 {
  uint16_t bits;
};
struct alignas(4) __nv_bfloat162 {
  __nv_bfloat16 x, y;
};

inline __nv_bfloat16 __float2bfloat16_rn(float value) { return {cresset::cpu::to_bf16(value)}; }
inline float __bfloat162float(__nv_bfloat16 value) { return cresset::cpu::from_bf16(value.bits); }
inline uint16_t __bfloat16_as_ushort(__nv_bfloat16 value) { return value.bits; }
inline __nv_bfloat162 __floats2bfloat162_rn(float x, float y) {
  return {__float2bfloat16_rn(x), __float2bfloat16_rn(y)};
}
inline float2 __bfloat1622float2(__nv_bfloat162 value) {
  return {__bfloat162float(value.x), __bfloat162float(value.y)};
}
