#pragma once
// World: what all sessions of one proxy share: the plan's matcher, the trace, whom to kill, which
// certificate is shown, and where in time the operator is kept. Any thread; owned by main.

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "tests/faults/certificates.h"
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
  // Where the proxy's files are.
  struct Files {
    std::string trace, pid, ca;
  };
  World(Plan plan, const Files& files, std::string ns, Upstream upstream);

  Matcher matcher;
  Trace trace;
  Certificates certificates;
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
  // From its next list, or watch with initial events, on that resource is shown as at the mark for
  // `ms`.
  void rewind(const std::string& resource, int ms);
  // What is shown of that resource now, if not the present.
  std::optional<Past> past(const std::string& resource);
  // Whoever goes on watching the same is told again what came after the mark: once, from there.
  void replay(const Call& watch);
  std::optional<std::string> replay_from(const Call& watch);

  // The operator's connections, by descriptor.
  void opened(int connection);
  void closed(int connection);
  void break_connections();
  // Again and again, as the rule says; returns after the first.
  void storm(const Rule& rule);
  // Half open from now on: nothing passes it, either way, and it is closed by nobody but the
  // operator. The trace has when it fell silent and when the operator gave it up.
  void fall_silent(int connection);
  void all_fall_silent();
  bool is_silent(int connection);

 private:
  void show_past(const std::string& resource, int ms);
  void silence(int connection, bool& silent);

  const std::string pid_file_;
  std::mutex mutex_;
  std::string marked_;
  std::string past_version_;
  std::string past_of_;  // a resource; "" = of all
  int past_ms_ = 0;
  std::optional<TimePoint> past_until_;
  std::map<std::string, std::string> replays_;  // from where, by what is watched
  std::map<int, bool> connections_;             // whether it is half open
};

}  // namespace cresset::faults
