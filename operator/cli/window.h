#pragma once
// How much a terminal shows, and a text made fit for it. Any thread.
//
//   std::fputs(framed(text, window_of(stdout)).c_str(), stdout);

#include <cstddef>
#include <cstdio>
#include <string>

namespace cresset::cli {

struct Window {
  size_t columns = 80;
  size_t lines = 24;
};

// At least two of each; the defaults for what is no terminal.
Window window_of(std::FILE* out);

// What shows `text`, of lines that end in \n, over all that the window showed. Each line is cut so
// that it stays one; of those for which there is no room the last shown tells the number.
std::string framed(const std::string& text, const Window& window);

}  // namespace cresset::cli
