#pragma once
// bf16, the upper half of a float, as its bits. Pure functions; any thread.

#include <bit>
#include <cstdint>

namespace cresset::cpu {

// The nearest one, even in a tie; NaN stays NaN.
inline uint16_t to_bf16(float value) {
  constexpr uint32_t kHalf = 0x7fff, kNan = 0x7fc00000;
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t rounded = value == value ? bits + kHalf + ((bits >> 16) & 1) : kNan;
  return static_cast<uint16_t>(rounded >> 16);
}

inline float from_bf16(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

}  // namespace cresset::cpu
