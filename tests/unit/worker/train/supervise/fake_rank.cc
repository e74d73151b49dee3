#include "tests/unit/worker/train/supervise/fake_rank.h"

#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "crds/worker_contract/coordination.h"
#include "crds/worker_contract/names.h"
#include "operator/base/backoff.h"
#include "operator/base/file.h"
#include "worker/train/supervise/zygote.h"

namespace cresset::train {

using worker_contract::Progress;
using worker_contract::WorkerState;

RankScript rank_script;

namespace {

std::atomic<bool> told_to_stop = false;

void report(const RankContext& context, Progress progress) {
  progress.round = context.round;
  const std::string line = base::dump(worker_contract::encode(progress)) + "\n";
  if (write(context.progress_fd, line.data(), line.size()) < 0) _exit(99);
}

std::string checkpoint_path() { return rank_script.folder + "/checkpoint"; }

int64_t restore() {
  const auto text = base::read_file(checkpoint_path());
  return text ? std::stoll(*text) : 0;
}

void look_for_other_rounds(const RankContext& context) {
  namespace fs = std::filesystem;
  const std::string own = "alive-" + std::to_string(context.round) + "-";
  for (const auto& entry : fs::directory_iterator(rank_script.folder)) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("alive-") || name.starts_with(own)) continue;
    const auto pid = base::read_file(entry.path());
    if (pid && !pid->empty() && !is_dead(std::stoi(*pid)))
      std::ofstream(rank_script.folder + "/violation") << name << " met by " << own;
  }
  std::ofstream(rank_script.folder + "/" + own + std::to_string(context.local_rank)) << getpid();
}

void perhaps_die(const base::Random& random) {
  if (random() >= rank_script.death) return;
  if (random() < 0.5) raise(SIGKILL);
  _exit(worker_contract::kExitRetryable);
}

int wait_for_stop(const RankContext& context) {
  if (rank_script.deaf) told_to_stop = false;
  // Let in while it waits alone: one between a look at the flag and pause() would be missed.
  sigset_t stop, otherwise;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigprocmask(SIG_BLOCK, &stop, &otherwise);
  while (!told_to_stop || rank_script.deaf) sigsuspend(&otherwise);
  report(context, {.step = 7, .checkpoint_step = 7});
  return worker_contract::kExitStopped;
}

int count_steps(const RankContext& context) {
  const auto random = base::seeded_random(
      rank_script.seed * 1000 + static_cast<uint64_t>(context.round * 10 + context.local_rank));
  const bool first = context.local_rank == 0;
  const int64_t start = restore();
  if (first) report(context, {.step = start, .resumed_from_step = start});
  for (int64_t step = start + 1; step <= rank_script.steps; ++step) {
    if (told_to_stop) return worker_contract::kExitStopped;
    perhaps_die(random);
    if (!first || step % rank_script.checkpoint_every != 0) continue;
    if (!base::write_file_atomically(checkpoint_path(), std::to_string(step))) _exit(98);
    report(context, {.step = step, .checkpoint_step = step, .resumed_from_step = start});
  }
  if (first)
    report(context, {.state = WorkerState::kSucceeded,
                     .step = rank_script.steps,
                     .resumed_from_step = start,
                     .model_uri = "file:///models/1",
                     .model_digest = "sha256:1"});
  return worker_contract::kExitSuccess;
}

}  // namespace

// Zombie or gone: signal 0 alone would still find a zombie.
bool is_dead(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
  std::stringstream text;
  text << status.rdbuf();
  const std::string all = text.str();
  const size_t end = all.rfind(')');
  return end == std::string::npos || all.at(end + 2) == 'Z' || all.at(end + 2) == 'X';
}

bool wait_until_dead(pid_t pid) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!is_dead(pid) && std::chrono::steady_clock::now() < deadline) sched_yield();
  return is_dead(pid);
}

int fake_rank(const RankContext& context) {
  signal(SIGTERM, [](int) { told_to_stop = true; });
  look_for_other_rounds(context);
  if (!rank_script.bad_input.empty()) {
    std::ofstream(context.last_words_path)
        << worker_contract::encode_last_words({.error = rank_script.bad_input});
    return worker_contract::kExitBadInput;
  }
  if (!rank_script.until_stopped) {
    accept_stop_signals();
    return count_steps(context);
  }
  report(context, {.step = 1});
  accept_stop_signals();
  return wait_for_stop(context);
}

}  // namespace cresset::train
