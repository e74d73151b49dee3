#include "worker/train/core/supervision.h"

#include <cstring>
#include <utility>

#include "crds/worker_contract/names.h"

namespace cresset::train {

using worker_contract::LastWords;
using worker_contract::Membership;
using worker_contract::Progress;
using worker_contract::WorkerState;

std::string describe(const RankEnded& event, int rank) {
  std::string text = "rank " + std::to_string(rank);
  if (event.signal != 0)
    text += " was killed by signal " + std::to_string(event.signal) + " (" +
            strsignal(event.signal) + ")";
  else
    text += " ended with exit code " + std::to_string(event.code);
  if (!event.words.error.empty()) text += ": " + event.words.error;
  return text;
}

std::vector<Action> Supervision::start() { return {AskMembership{0}}; }

std::vector<Action> Supervision::on(const Event& event) {
  actions_.clear();
  if (state_ != State::kEnded) std::visit([this](const auto& one) { handle(one); }, event);
  return std::exchange(actions_, {});
}

void Supervision::handle(const MembershipCame& event) {
  const Membership& membership = event.membership;
  if (membership.stop) {
    if (!exit_ && state_ != State::kStopping) handle(StopAsked{});
    return;
  }
  if (exit_ || state_ == State::kStopping) return;
  if (membership.round <= membership_.round) {
    actions_.push_back(AskMembership{membership_.round});
    return;
  }
  if (state_ == State::kWaiting) return begin_round(membership);
  next_ = membership;
  if (state_ == State::kRunning) clear(State::kWaiting);
}

void Supervision::handle(const MembershipEnded& event) {
  exit_ = Exit{worker_contract::kExitGone, {.error = "no longer a member: " + event.why}};
  clear(State::kWaiting);
}

void Supervision::handle(const RankEnded& event) {
  if (event.round != membership_.round || alive_ == 0) return;
  --alive_;
  if (state_ == State::kClearing) {
    if (alive_ == 0) settle();
    return;
  }
  const bool exited = event.signal == 0;
  if (exited && event.code == worker_contract::kExitSuccess)
    ++succeeded_;
  else if (exited && event.code == worker_contract::kExitStopped && state_ == State::kStopping)
    ++stopped_;
  else if (state_ == State::kRunning)
    return rank_failed(event);
  if (alive_ > 0) return;
  if (succeeded_ == options_.processes) return finish_success();
  finish_stop();
}

void Supervision::handle(const ProgressCame& event) {
  const bool current = event.progress.round == membership_.round &&
                       (state_ == State::kRunning || state_ == State::kStopping);
  if (!current) return;
  progress_ = event.progress;
  actions_.push_back(Report{progress_});
}

void Supervision::handle(const StopAsked&) {
  if (exit_ || state_ == State::kStopping) return;
  if (state_ == State::kRunning) {
    state_ = State::kStopping;
    actions_.push_back(StopRanks{});
    return;
  }
  exit_ = Exit{worker_contract::kExitStopped, {.error = "asked to stop between two rounds"}};
  if (alive_ == 0) settle();
}

void Supervision::handle(const StopOverdue&) {
  if (state_ != State::kStopping) return;
  exit_ = Exit{worker_contract::kExitRetryable,
               {.error = "asked to stop, but the ranks reached no step boundary in time"}};
  clear(State::kWaiting);
}

void Supervision::handle(const ZygoteEnded&) {
  end(worker_contract::kExitRetryable,
      {.error = "the process that starts the ranks ended (out of memory?)"});
}

void Supervision::begin_round(const Membership& membership) {
  membership_ = membership;
  // Until a rank says from where it goes on, the old numbers are the best there are.
  progress_.round = membership.round;
  progress_.state = WorkerState::kRunning;
  progress_.message.clear();
  progress_.resumed_from_step.reset();
  state_ = State::kRunning;
  alive_ = options_.processes;
  stopped_ = succeeded_ = 0;
  actions_.push_back(StartRanks{membership});
  actions_.push_back(Report{progress_});
  if (!options_.one_round) actions_.push_back(AskMembership{membership.round});
}

// Kills what lives; settle() goes on when the last is gone.
void Supervision::clear(State state_if_idle) {
  if (alive_ > 0) {
    if (state_ != State::kClearing) actions_.push_back(KillRanks{});
    state_ = State::kClearing;
    return;
  }
  state_ = state_if_idle;
  settle();
}

void Supervision::settle() {
  state_ = State::kWaiting;
  if (exit_) return end(exit_->code, exit_->words);
  if (next_) begin_round(*std::exchange(next_, std::nullopt));
}

void Supervision::rank_failed(const RankEnded& event) {
  const int rank = membership_.first_rank + event.local_rank;
  const std::string message = describe(event, rank);
  LastWords words = event.words;
  words.rank = rank;
  if (!words.step && progress_.step > 0) words.step = progress_.step;
  if (words.error.empty()) words.error = message;
  const bool hopeless = event.signal == 0 && event.code == worker_contract::kExitBadInput;
  if (hopeless)
    exit_ = Exit{worker_contract::kExitBadInput, words};
  else if (options_.one_round)
    exit_ = Exit{worker_contract::kExitRetryable, words};
  if (!hopeless) report(WorkerState::kBroken, message);
  clear(State::kWaiting);
}

void Supervision::finish_success() {
  report(WorkerState::kSucceeded, "");
  end(worker_contract::kExitSuccess, {.error = "",
                                      .step = progress_.step,
                                      .model_uri = progress_.model_uri,
                                      .model_digest = progress_.model_digest,
                                      .metrics = progress_.metrics});
}

void Supervision::finish_stop() {
  if (stopped_ == 0)
    return end(worker_contract::kExitRetryable,
               {.error = "the ranks ended while they were asked to stop", .step = progress_.step});
  report(WorkerState::kStopped, "");
  end(worker_contract::kExitStopped,
      {.error = "stopped as asked, after a checkpoint", .step = progress_.step});
}

void Supervision::end(int code, LastWords words) {
  state_ = State::kEnded;
  actions_.push_back(Exit{code, std::move(words)});
}

void Supervision::report(WorkerState state, const std::string& message) {
  progress_.state = state;
  progress_.message = message;
  actions_.push_back(Report{progress_});
}

}  // namespace cresset::train
