#pragma once
// UTF-8 as code points and back, by utf8proc. Functions; any thread.

#include <utf8proc.h>

#include <string>
#include <string_view>

namespace cresset::text {

// Calls visit(code point) for each; a byte that begins none is visited as U+FFFD.
template <typename Visit>
void each_code_point(std::string_view text, const Visit& visit) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto* end = at + text.size();
  while (at < end) {
    utf8proc_int32_t point = 0;
    const auto bytes = utf8proc_iterate(at, end - at, &point);
    visit(bytes > 0 ? point : utf8proc_int32_t{0xFFFD});
    at += bytes > 0 ? bytes : 1;
  }
}

inline void append(utf8proc_int32_t point, std::string& text) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(point, bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
}

}  // namespace cresset::text
