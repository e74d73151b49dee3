#include "operator/cli/window.h"

#include <sys/ioctl.h>

#include <string_view>
#include <vector>

namespace cresset::cli {

namespace {

// Of UTF-8.
std::string_view first_characters(std::string_view text, size_t count) {
  size_t end = 0;
  for (; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (begins && count-- == 0) break;
  }
  return text.substr(0, end);
}

}  // namespace

Window window_of(std::FILE* out) {
  Window window;
  winsize size{};
  if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0) return window;
  if (size.ws_col > 1) window.columns = size.ws_col;
  if (size.ws_row > 1) window.lines = size.ws_row;
  return window;
}

std::string framed(const std::string& text, const Window& window) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  const size_t room = window.lines - 1;  // the cursor is in the last one
  if (lines.size() > room) {
    const size_t more = lines.size() - (room - 1);
    lines.resize(room);
    lines.back() = "… and " + std::to_string(more) + " more";
  }
  // Erased before it is written: behind a line of the whole width its last character would go.
  std::string frame = "\033[H";
  for (const auto& line : lines)
    frame.append("\033[K").append(first_characters(line, window.columns)).append("\n");
  return frame + "\033[J";
}

}  // namespace cresset::cli
