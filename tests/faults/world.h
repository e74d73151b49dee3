#pragma once
// World: what all sessions of one proxy share: the plan's matcher, the trace, whom to kill, and
// where in time a restarted operator is kept. Any thread; owned by main.

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "tests/faults/plan.h"
#include "tests/faults/trace.h"
#include "tests/faults/wire.h"

namespace cresset::faults {

using TimePoint = std::chrono::steady_clock::time_point;

// The past that lists and watches show, and until when.
struct Past {
  std::string version;
  TimePoint until;
};

class World {
 public:
  World(Plan plan, const std::string& trace_path, std::string pid_file, std::string ns,
        Upstream upstream);

  Matcher matcher;
  Trace trace;
  const std::string ns;  // cluster-wide lists and watches are narrowed to it, unless ""
  const Upstream upstream;
  asio::ssl::context upstream_tls{asio::ssl::context::tls_client};
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> writes{0};

  // SIGKILL to the process whose number is in the pid file now.
  void kill_operator(const Rule& rule);
  void mark(std::string version);
  // What starts after this is shown the marked version for `ms` from its first list on.
  void travel(int ms);
  std::optional<Past> past();

 private:
  const std::string pid_file_;
  std::mutex mutex_;
  std::string marked_;
  std::string past_version_;
  int past_ms_ = 0;
  std::optional<TimePoint> past_until_;
};

}  // namespace cresset::faults
