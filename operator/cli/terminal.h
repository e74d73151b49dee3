#pragma once
// Terminal: what `cresset run` shows: on a terminal one line that is written over, else a plain
// line every few seconds; what happened (a restart, the end) is a line of its own in both. One
// thread.

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "operator/cli/window.h"

namespace cresset::cli {

class Terminal {
 public:
  Terminal(std::FILE* out, bool overwrite) : out_(out), overwrite_(overwrite) {}

  // Of a line that is written over, but for one at the end, into which the cursor goes; nothing: it
  // is a line of a file.
  std::optional<size_t> columns() const {
    if (!overwrite_) return std::nullopt;
    return window_of(out_).columns - 1;
  }
  void progress(const std::string& line) {
    const auto now = std::chrono::steady_clock::now();
    const auto least =
        overwrite_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(2000);
    if (shown_ && now - last_ < least) return;
    last_ = now;
    shown_ = true;
    if (overwrite_)
      std::fprintf(out_, "\r\033[K%s", line.c_str());
    else
      std::fprintf(out_, "%s\n", line.c_str());
    open_ = overwrite_;
    std::fflush(out_);
  }
  void say(const std::string& line) {
    std::fprintf(out_, "%s%s\n", open_ ? "\n" : "", line.c_str());
    open_ = false;
    std::fflush(out_);
  }

 private:
  std::FILE* out_;
  const bool overwrite_;
  bool shown_ = false;
  bool open_ = false;  // the cursor is behind an unfinished line
  std::chrono::steady_clock::time_point last_;
};

}  // namespace cresset::cli
