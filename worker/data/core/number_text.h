#pragma once
// A number as people write it: the shortest digits that mean it, and a whole one without point and
// exponent, so that it is the same text in each type that holds it: 100000, 0.1, 1e+300. Pure.

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

namespace cresset::data {

template <typename Number>
std::string number_text(Number number) {
  if constexpr (std::is_floating_point_v<Number>) {
    constexpr auto kBeyond = static_cast<Number>(0x1p63);  // the least that int64 does not hold
    if (std::abs(number) < kBeyond && number == std::trunc(number))
      return number_text(static_cast<int64_t>(number));
  }
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

}  // namespace cresset::data
