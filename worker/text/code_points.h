#pragma once
// UTF-8 as code points and back, by utf8proc. Functions; any thread.

#include <utf8proc.h>

#include <string>
#include <string_view>

namespace cresset::text {

// The first of a text that is not empty, which loses it; U+FFFD for a byte that begins none.
inline utf8proc_int32_t take_code_point(std::string_view& text) {
  utf8proc_int32_t point = 0;
  const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                      static_cast<utf8proc_ssize_t>(text.size()), &point);
  text.remove_prefix(bytes > 0 ? static_cast<size_t>(bytes) : 1);
  return bytes > 0 ? point : utf8proc_int32_t{0xFFFD};
}

inline void append(utf8proc_int32_t point, std::string& text) {
  utf8proc_uint8_t bytes[4];
  const auto size = utf8proc_encode_char(point, bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
}

}  // namespace cresset::text
