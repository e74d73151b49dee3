#pragma once
// Liaison: keeps the talk with the operator going on two threads: asks for a membership until there
// is one (with backoff when the operator is away), and sends the newest progress (what was not sent
// in time is overtaken by what is newer, so a slow operator never holds anybody up; every few
// seconds the newest is repeated for a new leader). What it hears becomes events. Owned by the
// supervisor; any thread.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "operator/base/backoff.h"
#include "operator/base/log.h"
#include "worker/train/core/supervision.h"
#include "worker/train/supervise/coordination_client.h"

namespace cresset::train {

struct LiaisonOptions {
  base::BackoffRange backoff{std::chrono::milliseconds(100), std::chrono::milliseconds(5000)};
  std::chrono::milliseconds repeat{10000};  // of the newest progress
};

class Liaison {
 public:
  using OnEvent = std::function<void(Event)>;  // called on a thread of the liaison
  Liaison(Coordination& coordination, LiaisonOptions options, OnEvent on_event, base::Log log);
  ~Liaison();

  // The next answer, one event, is the membership of a round after that.
  void ask(int after);
  void report(const worker_contract::Progress& progress);
  // Waits until the newest progress has arrived, at most so long. Returns whether it has.
  bool flush(std::chrono::milliseconds limit);

 private:
  void ask_until_stopped(std::stop_token stop);
  void report_until_stopped(std::stop_token stop);
  std::optional<int> next_question(std::stop_token stop);
  std::optional<worker_contract::Progress> next_report(std::stop_token stop);
  void wait(std::stop_token stop, std::chrono::milliseconds time);

  Coordination& coordination_;
  const LiaisonOptions options_;
  OnEvent on_event_;
  base::Log log_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<int> question_;
  std::optional<worker_contract::Progress> newest_;
  bool unsent_ = false;
  std::jthread asking_;  // last: join before the rest goes
  std::jthread reporting_;
};

}  // namespace cresset::train
