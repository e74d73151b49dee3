#pragma once
// LogMerge: lines of many workers in one order. Each line has the time that it tells itself (the
// `time` of a JSON line), one that tells none that at which its node took it; no worker's lines
// change their order, so that none is of before the one before it. A line is held until each other
// worker that still writes has a later one, but no longer than `patience`. Pure; one thread.
//
//   LogMerge merge(std::chrono::seconds(1));
//   merge.open(0), merge.open(1);
//   merge.push(0, R"({"time":"…"})", taken, clock.mono());
//   for (const auto& line : merge.take(clock.mono())) …

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "operator/base/clock.h"

namespace cresset::cli {

struct MergedLine {
  int source = 0;
  std::string text;
  bool operator==(const MergedLine&) const = default;
};

class LogMerge {
 public:
  explicit LogMerge(std::chrono::milliseconds patience) : patience_(patience) {}

  // Lines may come of it.
  void open(int source) { sources_[source].open = true; }
  void push(int source, std::string text, base::WallTime taken, base::MonoTime now);
  // Nobody waits for it any longer; what it has comes out.
  void close(int source) { sources_[source].open = false; }
  // As much of it is held as may be: who pushes must wait until lines are taken.
  bool is_full(int source) const;
  // Those whose turn it is.
  std::vector<MergedLine> take(base::MonoTime now);

 private:
  struct Held {
    base::WallTime time;
    base::MonoTime arrived;
    std::string text;
  };
  struct Source {
    bool open = false;
    base::WallTime last = base::WallTime::min();
    std::deque<Held> lines;
    size_t bytes = 0;  // of the lines
  };

  const std::chrono::milliseconds patience_;
  std::map<int, Source> sources_;
};

}  // namespace cresset::cli
