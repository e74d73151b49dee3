#include "worker/train/supervise/liaison.h"

namespace cresset::train {

using worker_contract::Progress;

Liaison::Liaison(Coordination& coordination, LiaisonOptions options, OnEvent on_event,
                 base::Log log)
    : coordination_(coordination),
      options_(options),
      on_event_(std::move(on_event)),
      log_(std::move(log)),
      asking_([this](std::stop_token stop) { ask_until_stopped(stop); }),
      reporting_([this](std::stop_token stop) { report_until_stopped(stop); }) {}

Liaison::~Liaison() {
  asking_.request_stop();
  reporting_.request_stop();
}

void Liaison::ask(int after) {
  std::lock_guard lock(mutex_);
  question_ = after;
  changed_.notify_all();
}

void Liaison::report(const Progress& progress) {
  std::lock_guard lock(mutex_);
  newest_ = progress;
  unsent_ = true;
  changed_.notify_all();
}

bool Liaison::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return !unsent_; });
}

std::optional<int> Liaison::next_question(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return question_.has_value(); });
  return question_;
}

std::optional<Progress> Liaison::next_report(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, options_.repeat, [&] { return unsent_; });
  return newest_;
}

void Liaison::wait(std::stop_token stop, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, time, [] { return false; });
}

void Liaison::ask_until_stopped(std::stop_token stop) {
  base::Backoff backoff(options_.backoff, base::system_random());
  while (!stop.stop_requested()) {
    const auto after = next_question(stop);
    if (stop.stop_requested() || !after) return;
    const auto answer = coordination_.membership(*after, stop);
    if (!answer && base::is_gone(answer.error())) {
      {
        std::lock_guard lock(mutex_);
        question_.reset();
      }
      on_event_(MembershipEnded{answer.error().message()});
      continue;
    }
    if (!answer) {
      if (stop.stop_requested()) return;
      log_.warn("no membership yet", {{"error", answer.error().message()}, {"after", *after}});
      wait(stop, backoff.next());
      continue;
    }
    backoff.reset();
    if (!*answer) continue;
    {
      std::lock_guard lock(mutex_);
      if (question_ != after) continue;  // asked for a later one meanwhile
      question_.reset();
    }
    on_event_(MembershipCame{**answer});
  }
}

void Liaison::report_until_stopped(std::stop_token stop) {
  base::Backoff backoff(options_.backoff, base::system_random());
  while (!stop.stop_requested()) {
    const auto progress = next_report(stop);
    if (stop.stop_requested()) return;
    if (!progress) continue;
    const auto sent = coordination_.report(*progress, stop);
    const bool gone = !sent && base::is_gone(sent.error());
    if (gone) on_event_(MembershipEnded{sent.error().message()});
    if (!sent && !gone) {
      if (stop.stop_requested()) return;
      log_.warn("progress not reported", {{"error", sent.error().message()}});
      wait(stop, backoff.next());
      continue;
    }
    backoff.reset();
    std::lock_guard lock(mutex_);
    if (newest_ == progress) unsent_ = false;
    changed_.notify_all();
  }
}

}  // namespace cresset::train
