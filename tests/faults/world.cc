#include "tests/faults/world.h"

#include <csignal>
#include <fstream>

namespace cresset::faults {

World::World(Plan plan, const std::string& trace_path, std::string pid_file, std::string ns_in,
             Upstream upstream_in)
    : matcher(std::move(plan)),
      trace(trace_path),
      ns(std::move(ns_in)),
      upstream(std::move(upstream_in)),
      pid_file_(std::move(pid_file)) {}

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

void World::travel(int ms) {
  std::lock_guard lock(mutex_);
  past_version_ = marked_;
  past_ms_ = ms;
  past_until_.reset();
}

std::optional<Past> World::past() {
  std::lock_guard lock(mutex_);
  if (past_version_.empty()) return std::nullopt;
  const auto now = std::chrono::steady_clock::now();
  if (!past_until_) past_until_ = now + std::chrono::milliseconds(past_ms_);
  if (now >= *past_until_) return std::nullopt;
  return Past{past_version_, *past_until_};
}

}  // namespace cresset::faults
