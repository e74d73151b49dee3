#pragma once
// Text of a stranger made fit for an error message, a condition or a log: one line of valid UTF-8
// without control characters (so no escape sequence reaches a terminal and none begins a line of
// its own), of at most `longest` bytes. Pure; any thread.
//
//   clean_begin("\x1b[31mno\nlogin\xff", 100);   // "[31mno login?"
//   clean_line("  a\x1b[31m  b", 100);             // "  a[31m  b"

#include <string>
#include <string_view>

namespace cresset::base {

// Keeps the beginning; "..." says that there was more.
std::string clean_begin(std::string_view text, size_t longest);
// Keeps the beginning with all its spaces and tabs: a line of a program that shall look as it was
// written.
std::string clean_line(std::string_view text, size_t longest);
// Keeps the end, where programs that fail say why.
std::string clean_end(std::string_view text, size_t longest);

}  // namespace cresset::base
