#pragma once
// WatchFilter: what becomes of the events of one watch: bytes of the API server go in, pieces for
// the operator come out, at once or when their time has come. Without a socket. One thread; owned
// by the watch's pump.

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/faults/world.h"

namespace cresset::faults {

struct Watch {
  const Call& call;
  int64_t id;            // in the trace
  int connection;        // the operator's
  bool endless = false;  // never says where its initial events end
  std::string begins;    // initial events, told before what the API server says
};

class WatchFilter {
 public:
  WatchFilter(World& world, const Watch& watch);
  // Bytes as they come.
  void feed(std::string_view bytes);
  // What is to be written now, each piece a write of its own.
  std::vector<std::string> take(TimePoint now);
  // When take() has something more.
  std::optional<TimePoint> next() const;
  // Nothing is written after this; the stream is closed.
  bool ended() const { return ended_ && held_.empty() && ready_.empty(); }
  // Half open: nothing is written any more, and the stream is not closed.
  bool silent() const { return world_.is_silent(connection_); }

 private:
  void on_line(const std::string& line);
  void on_initial(const base::Json& event, std::string line);
  void apply(const Rule& rule, std::string& line, bool& written);
  bool ends_with(const Rule& rule, const std::string& line);
  void corrupt(const Rule& rule, const std::string& line);
  void split(const Rule& rule, const std::string& line);
  void trickle(const Rule& rule, const std::string& line);
  void emit(std::string line);
  void hold_until(TimePoint until, bool compress);
  std::vector<std::string> released();

  World& world_;
  const Call& call_;
  const int64_t id_;
  const int connection_;
  const bool endless_;
  bool initial_;  // all that there is is being told: as it is, like a list
  std::string pending_;
  std::vector<std::string> ready_;
  std::chrono::milliseconds pace_{0};  // until all that is ready is written
  TimePoint next_piece_{};
  std::deque<std::string> held_;  // lines
  std::optional<TimePoint> until_;
  bool compress_ = false;
  bool drop_bookmarks_ = false;
  bool ended_ = false;
};

}  // namespace cresset::faults
