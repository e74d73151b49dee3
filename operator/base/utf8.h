#pragma once
// Whether bytes are UTF-8. A function; any thread.

#include <string_view>

namespace cresset::base {

bool is_utf8(std::string_view text);

}  // namespace cresset::base
