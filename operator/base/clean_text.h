#pragma once
// Text of a stranger made fit for an error message, a condition or a log: one line of valid UTF-8
// without control characters (so no escape sequence reaches a terminal and none begins a line of
// its own), of at most `longest` bytes. Pure; any thread.
//
//   clean_begin("\x1b[31mno\nlogin\xff", 100);   // "[31mno login?"

#include <string>
#include <string_view>

namespace cresset::base {

// Keeps the beginning; "..." says that there was more.
std::string clean_begin(std::string_view text, size_t longest);
// Keeps the end, where programs that fail say why.
std::string clean_end(std::string_view text, size_t longest);

}  // namespace cresset::base
