#include "tests/faults/world.h"

#include <sys/socket.h>

#include <csignal>
#include <fstream>

namespace cresset::faults {

World::World(Plan plan, const Files& files, std::string ns_in, Upstream upstream_in)
    : matcher(std::move(plan)),
      trace(files.trace),
      certificates(files.ca),
      ns(std::move(ns_in)),
      upstream(std::move(upstream_in)),
      pid_file_(files.pid) {}

void World::kill_operator(const Rule& rule) {
  pid_t pid = 0;
  std::ifstream(pid_file_) >> pid;
  if (pid <= 1) return;
  trace.add({{"kind", "kill"}, {"rule", rule.index}, {"pid", pid}});
  ::kill(pid, SIGKILL);
}

void World::mark(std::string version) {
  std::lock_guard lock(mutex_);
  marked_ = std::move(version);
}

void World::travel(int ms) { show_past("", ms); }

void World::rewind(const std::string& resource, int ms) { show_past(resource, ms); }

void World::show_past(const std::string& resource, int ms) {
  std::lock_guard lock(mutex_);
  past_version_ = marked_;
  past_of_ = resource;
  past_ms_ = ms;
  past_until_.reset();
}

std::optional<Past> World::past(const std::string& resource) {
  std::lock_guard lock(mutex_);
  if (past_version_.empty() || (!past_of_.empty() && past_of_ != resource)) return std::nullopt;
  const auto now = std::chrono::steady_clock::now();
  if (!past_until_) past_until_ = now + std::chrono::milliseconds(past_ms_);
  if (now >= *past_until_) return std::nullopt;
  return Past{past_version_, *past_until_};
}

void World::opened(int connection) {
  std::lock_guard lock(mutex_);
  connections_.insert(connection);
}

void World::closed(int connection) {
  std::lock_guard lock(mutex_);
  connections_.erase(connection);
}

// Their sessions, which may wait for either side, see the end of the operator's.
void World::break_connections() {
  std::lock_guard lock(mutex_);
  for (const int connection : connections_) ::shutdown(connection, SHUT_RDWR);
}

}  // namespace cresset::faults
