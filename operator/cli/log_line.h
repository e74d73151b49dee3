#pragma once
// How `cresset logs` shows a worker's line: "rank 3 | 12:00:01.250 info  checkpoint written
// step=120". Lines of the worker's own process, which is of no rank, begin with "worker 1"; what
// is no JSON line of Cresset follows as it is. No escape sequence of a worker's is shown. Pure.
//
//   std::puts(shown_line(text, 1, {.colour = true}).c_str());

#include <optional>
#include <string>

namespace cresset::cli {

struct LogLook {
  bool raw = false;       // as it was written, without what it is of
  bool colour = false;    // what it is of, by ANSI's codes, and its level
  bool terminal = false;  // shows what it is given: a raw line is cleaned too
};

// The rank that a line says it is of.
std::optional<int> rank_of(const std::string& text);
std::string shown_line(const std::string& text, int worker, const LogLook& look);

}  // namespace cresset::cli
