#pragma once
// Text of a stranger made fit for an error message or a log: one line of valid UTF-8 without
// control characters (so no escape sequence reaches a terminal), of which the end is kept. Pure;
// any thread.
//
//   clean_end("\x1b[31mno\nlogin\xff", 100);   // "[31mno login?"

#include <string>
#include <string_view>

namespace cresset::kube {

std::string clean_end(std::string_view text, size_t longest);

}  // namespace cresset::kube
