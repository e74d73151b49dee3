#include "operator/kube/client/exec_source.h"

namespace cresset::kube {

namespace {

constexpr auto kLeeway = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::seconds(1);

}  // namespace

ExecSource::ExecSource(ExecPlugin plugin, base::Clock& clock, Run run)
    : plugin_(std::move(plugin)), clock_(clock), run_(std::move(run)) {}

base::Result<Credential> ExecSource::current(std::stop_token stop) {
  Lock lock(mutex_);
  if (is_fresh()) return (*last_)->credential;
  return renew(lock, std::move(stop));
}

base::Result<bool> ExecSource::refused(const Credential& credential, std::stop_token stop) {
  Lock lock(mutex_);
  if (turn_ != credential.turn) return true;
  if (ran_just_now()) return false;
  is_refused_ = true;
  CRESSET_TRY(next, renew(lock, std::move(stop)));
  return next.token != credential.token || next.certificate_pem != credential.certificate_pem;
}

bool ExecSource::is_fresh() const {
  if (running_ || is_refused_ || !last_ || !*last_) return false;
  const auto& expires = (*last_)->expires;
  return !expires || clock_.wall() < *expires - kLeeway;
}

bool ExecSource::ran_just_now() const { return last_ && clock_.mono() - ended_ < kPause; }

base::Result<Credential> ExecSource::renew(Lock& lock, std::stop_token stop) {
  const uint64_t before = turn_;
  while (running_)
    if (!changed_.wait(lock, stop, [this] { return !running_; }))
      return base::fail(base::cancelled("told to stop while a credential plugin runs"));
  if (turn_ == before && !ran_just_now()) CRESSET_CHECK(run_once(lock, stop));
  if (!*last_) return base::fail(last_->error());
  return (*last_)->credential;
}

base::Result<void> ExecSource::run_once(Lock& lock, const std::stop_token& stop) {
  auto answer = ask_unlocked(lock, stop);
  if (!answer && base::is_cancelled(answer.error())) return base::fail(answer.error());
  ended_ = clock_.mono();
  is_refused_ = false;
  ++turn_;
  if (answer) answer->credential.turn = turn_;
  last_ = std::move(answer);
  return {};
}

base::Result<ExecAnswer> ExecSource::ask_unlocked(Lock& lock, const std::stop_token& stop) {
  const auto set_running = [this](bool running) {
    running_ = running;
    changed_.notify_all();
  };
  set_running(true);
  lock.unlock();
  try {
    auto answer = ask(stop);
    lock.lock();
    set_running(false);
    return answer;
  } catch (...) {
    lock.lock();
    set_running(false);
    throw;
  }
}

base::Result<ExecAnswer> ExecSource::ask(std::stop_token stop) const {
  CRESSET_TRY(printed, run_(std::move(stop)));
  auto answer = parse_exec_answer(printed, plugin_.api_version);
  if (answer) return answer;
  return base::fail(base::unavailable(plugin_.name() + ": " + answer.error().message()));
}

}  // namespace cresset::kube
