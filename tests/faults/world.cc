#include "tests/faults/world.h"

#include <sys/socket.h>

#include <csignal>
#include <fstream>
#include <thread>
#include <utility>

namespace cresset::faults {

namespace {

// Watches of one kind differ by their labels.
std::string watched_by(const Call& watch) {
  const auto* labels = watch.parameter("labelSelector");
  return watch.resource + "?" + (labels != nullptr ? *labels : "");
}

}  // namespace

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

void World::replay(const Call& watch) {
  std::lock_guard lock(mutex_);
  if (!marked_.empty()) replays_[watched_by(watch)] = marked_;
}

std::optional<std::string> World::replay_from(const Call& watch) {
  std::lock_guard lock(mutex_);
  auto found = replays_.extract(watched_by(watch));
  if (!found) return std::nullopt;
  return std::move(found.mapped());
}

void World::opened(int connection) {
  std::lock_guard lock(mutex_);
  connections_[connection] = false;
}

void World::closed(int connection) {
  std::lock_guard lock(mutex_);
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  if (found->second) trace.add({{"kind", "given_up"}, {"connection", connection}});
  connections_.erase(found);
}

// Their sessions, which may wait for either side, see the end of the operator's.
void World::break_connections() {
  std::lock_guard lock(mutex_);
  for (const auto& [connection, silent] : connections_) ::shutdown(connection, SHUT_RDWR);
}

void World::storm(const Rule& rule) {
  break_connections();
  std::thread([this, rule] {
    for (int i = 1; i < rule.times; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(rule.ms));
      break_connections();
      trace.add({{"kind", "fault"}, {"rule", rule.index}, {"on", "request"}, {"do", rule.action}});
    }
  }).detach();
}

void World::silence(int connection, bool& silent) {
  if (std::exchange(silent, true)) return;
  trace.add({{"kind", "fell_silent"}, {"connection", connection}});
}

void World::fall_silent(int connection) {
  std::lock_guard lock(mutex_);
  silence(connection, connections_.at(connection));
}

void World::all_fall_silent() {
  std::lock_guard lock(mutex_);
  for (auto& [connection, silent] : connections_) silence(connection, silent);
}

bool World::is_silent(int connection) {
  std::lock_guard lock(mutex_);
  const auto found = connections_.find(connection);
  return found != connections_.end() && found->second;
}

}  // namespace cresset::faults
