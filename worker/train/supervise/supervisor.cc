#include "worker/train/supervise/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "worker/train/supervise/inbox.h"
#include "worker/train/supervise/probes.h"
#include "worker/train/supervise/sources.h"

namespace cresset::train {

using std::chrono::steady_clock;
using worker_contract::Progress;

struct Supervisor::Impl {
  SupervisorOptions options;
  Zygote& zygote;
  base::Log log;
  Supervision supervision;
  Inbox inbox;
  std::unique_ptr<Liaison> liaison;
  std::unique_ptr<Probes> probes;
  steady_clock::time_point stop_deadline = steady_clock::time_point::max();
  std::optional<Exit> exit;

  Impl(SupervisorOptions options_in, Zygote& zygote_in, Coordination* coordination,
       base::Log log_in)
      : options(std::move(options_in)),
        zygote(zygote_in),
        log(std::move(log_in)),
        supervision(
            {.processes = options.processes, .one_round = options.only_membership.has_value()}) {
    if (coordination != nullptr)
      liaison = std::make_unique<Liaison>(
          *coordination, options.liaison, [this](Event event) { inbox.put(std::move(event)); },
          log);
    if (options.metrics_port >= 0) probes = std::make_unique<Probes>(options.metrics_port, log);
  }

  void perform(const AskMembership& action) {
    if (liaison != nullptr) return liaison->ask(action.after);
    if (action.after < options.only_membership->round)
      inbox.put(MembershipCame{*options.only_membership});
  }

  void perform(const StartRanks& action) {
    const auto& membership = action.membership;
    log.info("round begins", {{"round", membership.round},
                              {"world_size", membership.world_size},
                              {"first_rank", membership.first_rank},
                              {"store", membership.store}});
    for (int local = 0; local < options.processes; ++local) {
      const auto started = zygote.start_rank(
          {.round = membership.round,
           .rank = membership.first_rank + local,
           .local_rank = local,
           .world_size = membership.world_size,
           .store = membership.store,
           .secret = membership.secret,
           .bind_host = options.bind_host,
           .last_words_path = last_words_path(options.last_words_directory, local),
           .memory_directory = options.memory_directory});
      // The zygote is gone; its end is an event of its own.
      if (!started) log.error("rank not started", {{"error", started.error().message()}});
    }
  }

  void perform(const KillRanks&) { signal_ranks(SIGKILL); }
  void perform(const StopRanks&) {
    log.info("asked to stop");
    stop_deadline = steady_clock::now() + options.stop_limit;
    signal_ranks(SIGTERM);
  }
  void signal_ranks(int signal) {
    if (const auto sent = zygote.signal_ranks(signal); !sent)
      log.error("ranks not signalled", {{"error", sent.error().message()}});
  }

  void perform(const Report& action) {
    const Progress& progress = action.progress;
    if (progress.state == worker_contract::WorkerState::kBroken)
      log.warn("round broken", {{"round", progress.round}, {"reason", progress.message}});
    if (probes != nullptr) probes->set(progress);
    if (liaison != nullptr) return liaison->report(progress);
    const std::string line = base::dump(worker_contract::encode(progress)) + "\n";
    [[maybe_unused]] const auto written = write(STDOUT_FILENO, line.data(), line.size());
  }

  void perform(const Exit& action) { exit = action; }

  void perform_all(const std::vector<Action>& actions) {
    for (const auto& action : actions)
      std::visit([this](const auto& one) { perform(one); }, action);
  }

  // The kubelet made the file and its folder is not ours: no renaming.
  void leave_last_words() const {
    if (options.termination_path.empty()) return;
    const std::string text = worker_contract::encode_last_words(exit->words);
    const int file =
        open(options.termination_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || write(file, text.data(), text.size()) < 0)
      log.warn("last words not written", {{"path", options.termination_path}});
    if (file >= 0) close(file);
  }

  int run() {
    const auto ranks = listen_to_ranks(zygote, options.last_words_directory, inbox, log);
    const auto signals = listen_to_signals(zygote.pid(), inbox);
    perform_all(supervision.start());
    while (!exit) {
      // Far, not max(): adding to max() overflows in the library's conversion of clocks.
      const auto deadline = std::min(stop_deadline, steady_clock::now() + std::chrono::hours(1));
      auto event = inbox.take(deadline);
      if (!event && steady_clock::now() >= stop_deadline) {
        stop_deadline = steady_clock::time_point::max();
        event = StopOverdue{};
      }
      if (event) perform_all(supervision.on(*event));
    }
    leave_last_words();
    if (liaison != nullptr && !liaison->flush(options.flush_limit))
      log.warn("the last report did not arrive");
    log.info("supervisor ends", {{"exit_code", exit->code}, {"reason", exit->words.error}});
    zygote.end();
    return exit->code;
  }
};

Supervisor::Supervisor(SupervisorOptions options, Zygote& zygote, Coordination* coordination,
                       base::Log log)
    : impl_(std::make_unique<Impl>(std::move(options), zygote, coordination, std::move(log))) {}

Supervisor::~Supervisor() = default;

int Supervisor::run() { return impl_->run(); }

}  // namespace cresset::train
