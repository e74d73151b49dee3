#pragma once
// Shell-like patterns for names of columns and parameters: * any run, ? one character, anything
// else itself. Pure; linear in the text for each star, so that no pattern is slow.

#include <string_view>

namespace cresset::data {

bool glob_matches(std::string_view pattern, std::string_view name);

}  // namespace cresset::data
