#include "operator/cli/local_run.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "crds/worker_contract/names.h"
#include "operator/base/digest.h"
#include "operator/base/file.h"
#include "operator/cli/progress_line.h"

namespace cresset::cli {

namespace contract = worker_contract;
using base::Result;

namespace {

constexpr int kSuccess = 0;
constexpr int kFailed = 1;
constexpr int kStopped = 130;
constexpr int kNoProgram = 127;  // of a worker that could not be started
constexpr int kMostPauses = 60;  // times LocalRunOptions::pause: a minute

// A port that nobody has now; rank 0 binds it a moment later.
Result<int> free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  const bool bound =
      socket >= 0 && bind(socket, any, size) == 0 && getsockname(socket, any, &size) == 0;
  if (socket >= 0) close(socket);
  if (!bound) return base::fail(base::unavailable("no free port on 127.0.0.1"));
  return ntohs(address.sin_port);
}

int world_size(const crds::TrainingJob& job) {
  return job.workers.count * job.config.processes_per_worker;
}

// The ranks share this machine's cores.
std::string threads_a_rank(const crds::TrainingJob& job) {
  const int cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  return std::to_string(std::max(1, cores / world_size(job)));
}

}  // namespace

std::map<std::string, std::string> worker_environment(const crds::TrainingJob& job, int index,
                                                      int round, int store_port) {
  const contract::Membership membership{
      .round = round,
      .world_size = world_size(job),
      .first_rank = index * job.config.processes_per_worker,
      .store = "127.0.0.1:" + std::to_string(store_port),
      .secret = base::sha256(job.meta.uid.value() + "/" + std::to_string(round))};
  auto config = job.config;
  config.gpus = 0;  // those of a cluster: here a GPU is taken where there is one for each rank
  std::map<std::string, std::string> environment{
      {contract::kConfigEnv, base::dump(contract::encode(config))},
      {contract::kWorkerIndexEnv, std::to_string(index)},
      {contract::kPodNameEnv, job.meta.name + "-" + std::to_string(index)},
      {contract::kPodIpEnv, "127.0.0.1"},
      {contract::kStaticMembershipEnv, base::dump(contract::encode(membership))}};
  if (!base::environment("OMP_NUM_THREADS")) environment["OMP_NUM_THREADS"] = threads_a_rank(job);
  return environment;
}

LocalRun::LocalRun(const crds::TrainingJob& job, LocalRunOptions options, Terminal& terminal)
    : job_(job), options_(std::move(options)), terminal_(terminal) {}

std::string LocalRun::log_path(size_t worker) const {
  return options_.folder + "/worker-" + std::to_string(worker) + ".log";
}
std::string LocalRun::words_path(size_t worker) const {
  return options_.folder + "/last-words-" + std::to_string(worker);
}

Result<void> LocalRun::begin_round() {
  workers_.clear();
  broken_.clear();
  done_ = 0;
  ++round_;
  CRESSET_TRY(port, free_port());
  for (int index = 0; index < job_.workers.count; ++index) {
    const auto worker = static_cast<size_t>(index);
    unlink(words_path(worker).c_str());
    auto environment = worker_environment(job_, index, round_, port);
    environment[contract::kTerminationPathEnv] = words_path(worker);
    CRESSET_TRY(started, WorkerProcess::start({.binary = options_.worker_binary,
                                               .environment = std::move(environment),
                                               .log_path = log_path(worker)}));
    workers_.push_back(std::move(started));
  }
  return {};
}

void LocalRun::wait_for_news() {
  std::vector<pollfd> waiting{{options_.signal_fd, POLLIN, 0}};
  for (const auto& worker : workers_)
    if (worker->alive()) waiting.push_back({worker->output_fd(), POLLIN, 0});
  poll(waiting.data(), waiting.size(), -1);
  if (waiting.front().revents != 0) on_signal();
}

void LocalRun::on_signal() {
  signalfd_siginfo info{};
  while (read(options_.signal_fd, &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGCHLD) continue;
    if (stopping_) {
      failed_ = "stopped at once; the newest checkpoint is the last one shown";
      kill_all();
      continue;
    }
    stopping_ = true;
    terminal_.say("stopping at the next step, with a checkpoint (Ctrl-C again: at once)");
    for (const auto& worker : workers_) worker->signal(SIGTERM);
  }
}

void LocalRun::read_progress() {
  for (const auto& worker : workers_)
    for (const auto& line : worker->read_lines()) {
      const auto json = base::parse_json(line, {.max_bytes = 64 << 10, .max_depth = 8});
      if (!json) continue;
      const auto progress = contract::decode_progress(*json);
      // Only the worker with rank 0 knows the steps.
      if (!progress || worker != workers_.front()) continue;
      progress_ = *progress;
      if (progress_.state == contract::WorkerState::kRunning) show_progress();
    }
}

void LocalRun::show_progress() {
  const int64_t epochs = job_.config.training.epochs;
  const auto columns = terminal_.columns();
  terminal_.progress(columns ? progress_bar(progress_, epochs, *columns)
                             : progress_line(progress_, epochs));
}

void LocalRun::collect_ends() {
  for (size_t worker = 0; worker < workers_.size(); ++worker)
    if (int code = 0; workers_[worker]->ended(code)) on_end(worker, code);
}

std::string LocalRun::why(size_t worker, int code) const {
  const std::string who = "worker " + std::to_string(worker);
  if (const auto text = base::read_file(words_path(worker), 64 << 10))
    if (const auto words = contract::decode_last_words(*text); !words.error.empty())
      return words.error;
  if (code > 128) return who + " was killed by signal " + std::to_string(code - 128);
  return who + " ended with exit code " + std::to_string(code) + "; its log is " + log_path(worker);
}

void LocalRun::on_end(size_t worker, int code) {
  if (!broken_.empty() || !failed_.empty()) return;
  if (code == contract::kExitSuccess) {
    ++done_;
  } else if (stopping_ && code == contract::kExitStopped) {
    return;
  } else {
    const bool hopeless = code == contract::kExitBadInput;
    verdict_ = judge(job_.failure_policy,
                     {hopeless ? crds::cause::kBadInput : crds::cause_of_code(code), code});
    const bool fails = code == kNoProgram || verdict_.action == crds::FailureAction::kFail;
    (fails ? failed_ : broken_) = why(worker, code);
    if (verdict_.action == crds::FailureAction::kFail && verdict_.rule != nullptr)
      failed_ += "; " + describe_rule(job_.failure_policy, *verdict_.rule) + " fails the job";
    kill_all();
  }
}

bool LocalRun::pay_for_restart() {
  const crds::FailurePolicy& policy = job_.failure_policy;
  if (!verdict_.charged()) {
    terminal_.say("restart, which is not charged, from the newest checkpoint: " + broken_);
    return pause();
  }
  uncharged_ = 0;
  budgets_.refill(policy, progress_.checkpoint_step);
  const std::string allowed = std::to_string(restarts_allowed(policy, verdict_));
  if (!budgets_.spend(policy, verdict_, progress_.checkpoint_step)) {
    failed_ = broken_ + " (after " + allowed + " restarts, which " +
              budget_field(policy, verdict_) + " allows)";
    return false;
  }
  terminal_.say("restart " + std::to_string(budgets_.spent(verdict_)) + " of " + allowed +
                ", from the newest checkpoint: " + broken_);
  return true;
}

bool LocalRun::pause() {
  if (uncharged_++ == 0) return true;
  const auto wait = std::min(options_.pause * (int64_t{1} << std::min(uncharged_ - 2, 6)),
                             options_.pause * kMostPauses);
  const auto until = std::chrono::steady_clock::now() + wait;
  for (auto left = wait; left.count() > 0 && !stopping_;) {
    pollfd news{options_.signal_fd, POLLIN, 0};
    if (poll(&news, 1, static_cast<int>(left.count())) > 0) on_signal();
    left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  }
  return !stopping_;
}

void LocalRun::kill_all() {
  for (const auto& worker : workers_) worker->signal(SIGKILL);
}

int LocalRun::finish() {
  const std::string folder = job_.config.checkpoint ? job_.config.checkpoint->uri : "";
  if (stopping_) {
    terminal_.say("stopped at step " + std::to_string(progress_.step) +
                  (folder.empty() ? "" : "; checkpoints are in " + folder + "/" + job_.config.uid));
    return kStopped;
  }
  if (!failed_.empty()) {
    std::fprintf(stderr, "training failed: %s\n", failed_.c_str());
    return kFailed;
  }
  terminal_.say("model: " + progress_.model_uri);
  terminal_.say("digest: " + progress_.model_digest);
  if (!progress_.metrics.empty()) terminal_.say("metrics: " + metrics_text(progress_.metrics));
  if (const int64_t bad = progress_.bad_rows.value_or(0); bad > 0)
    terminal_.say("bad rows: " + std::to_string(bad) + " left out; worker 0's log names the first");
  return kSuccess;
}

int LocalRun::run() {
  auto begun = begin_round();
  while (begun) {
    wait_for_news();
    read_progress();
    collect_ends();
    if (std::any_of(workers_.begin(), workers_.end(), [](const auto& w) { return w->alive(); }))
      continue;
    read_progress();
    if (broken_.empty() || stopping_ || !failed_.empty()) break;
    if (!pay_for_restart()) break;
    begun = begin_round();
  }
  if (!begun) failed_ = begun.error().message();
  return finish();
}

}  // namespace cresset::cli
