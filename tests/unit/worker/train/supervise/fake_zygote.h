#pragma once
// FakeZygote: a thread that speaks the zygote's words and plays all ranks, so that the supervisor
// can be tried where nothing may fork (ThreadSanitizer). What a rank does is told by `play`. Made
// before the supervisor, goes after it.

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "crds/worker_contract/coordination.h"
#include "crds/worker_contract/names.h"
#include "worker/train/supervise/zygote_wire.h"

namespace cresset::train {

// How a rank goes on after its first report.
enum class Play { kSucceed, kDie, kRunUntilTold, kRunUntilKilled };

class FakeZygote {
 public:
  explicit FakeZygote(std::function<Play(const RankContext&)> play) : play_(std::move(play)) {
    std::array<int, 2> sockets{}, progress{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets.data()) != 0 ||
        pipe2(progress.data(), O_CLOEXEC) != 0)
      throw std::runtime_error("no descriptors");
    socket_ = sockets[1];
    progress_ = progress[1];
    zygote_ = Zygote::spoken_by(sockets[0], progress[0]);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeZygote() {
    zygote_->end();
    thread_.join();
    close(socket_);
    close(progress_);
  }
  Zygote& zygote() { return *zygote_; }

 private:
  void serve() {
    for (std::string text(kMaxWordBytes, '\0');; text.resize(kMaxWordBytes)) {
      const ssize_t size = recv(socket_, text.data(), text.size(), 0);
      if (size <= 0) return;
      text.resize(static_cast<size_t>(size));
      const auto word = decode_word(text);
      if (!word) continue;
      if (const auto* start = std::get_if<StartWord>(&*word))
        begin(start->context);
      else
        hear(std::get<SignalWord>(*word).signal);
    }
  }
  void begin(const RankContext& context) {
    report({.round = context.round, .step = 1});
    switch (play_(context)) {
      case Play::kSucceed:
        report({.round = context.round,
                .state = worker_contract::WorkerState::kSucceeded,
                .step = 9,
                .model_digest = "sha256:1"});
        return end(context, worker_contract::kExitSuccess, 0);
      case Play::kDie:
        return end(context, 0, SIGSEGV);
      case Play::kRunUntilTold:
        return running_.push_back({context, false});
      case Play::kRunUntilKilled:
        return running_.push_back({context, true});
    }
  }
  void hear(int signal) {
    std::erase_if(running_, [&](const Running& rank) {
      if (signal != SIGKILL && rank.deaf) return false;
      const bool told = signal != SIGKILL;
      end(rank.context, told ? worker_contract::kExitStopped : 0, told ? 0 : signal);
      return true;
    });
  }
  void report(worker_contract::Progress progress) const {
    const std::string line = base::dump(worker_contract::encode(progress)) + "\n";
    [[maybe_unused]] const auto written = write(progress_, line.data(), line.size());
  }
  void end(const RankContext& context, int code, int signal) const {
    const std::string text = encode(RankExit{context.round, context.local_rank, code, signal});
    [[maybe_unused]] const auto sent = send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }

  struct Running {
    RankContext context;
    bool deaf;
  };
  const std::function<Play(const RankContext&)> play_;
  std::vector<Running> running_;
  int socket_ = -1;
  int progress_ = -1;
  std::unique_ptr<Zygote> zygote_;
  std::thread thread_;
};

}  // namespace cresset::train
