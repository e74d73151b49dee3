// The supervisor's threads over ranks that are no processes: what ThreadSanitizer can watch.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "operator/base/file.h"
#include "tests/unit/worker/train/supervise/fake_coordination.h"
#include "tests/unit/worker/train/supervise/fake_zygote.h"
#include "worker/train/supervise/supervisor.h"

namespace cresset::train {
namespace {

namespace contract = worker_contract;
using contract::Progress;
using contract::WorkerState;

contract::Membership round_of(int round) {
  return {.round = round, .world_size = 2, .store = "127.0.0.1:1", .secret = "s"};
}

class SupervisorThreads : public ::testing::Test {
 protected:
  SupervisorThreads() {
    std::filesystem::create_directories(folder_);
    pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
    block_supervisor_signals();
  }
  ~SupervisorThreads() override {
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    std::filesystem::remove_all(folder_);
  }
  int run(FakeCoordination& coordination, std::function<Play(const RankContext&)> play) {
    SupervisorOptions options;
    options.processes = 2;
    options.last_words_directory = folder_;
    options.termination_path = folder_ + "/termination-log";
    options.metrics_port = 0;
    options.stop_limit = std::chrono::milliseconds(50);
    options.liaison.backoff = {std::chrono::milliseconds(1), std::chrono::milliseconds(2)};
    FakeZygote zygote(std::move(play));
    return Supervisor(options, zygote.zygote(), &coordination, base::silent()).run();
  }

  const std::string folder_ =
      ::testing::TempDir() + "supervisor-threads-" + std::to_string(getpid());
  sigset_t mask_;
};

TEST_F(SupervisorThreads, BrokenRoundsAreFollowedByOthersUntilOneSucceeds) {
  constexpr int kRounds = 30;
  FakeCoordination coordination([](FakeCoordination& self, const Progress& progress) {
    if (progress.state == WorkerState::kBroken && progress.round == self.round())
      self.begin_round(round_of(progress.round + 1));
  });
  coordination.begin_round(round_of(1));
  const auto play = [](const RankContext& rank) {
    if (rank.round == kRounds) return Play::kSucceed;
    return rank.local_rank == rank.round % 2 ? Play::kDie : Play::kRunUntilKilled;
  };
  EXPECT_EQ(run(coordination, play), contract::kExitSuccess);
  EXPECT_EQ(coordination.round(), kRounds);
  EXPECT_EQ(coordination.reports().back().model_digest, "sha256:1");
}

TEST_F(SupervisorThreads, ASuspendedJobsRanksStopByThemselves) {
  FakeCoordination coordination([](FakeCoordination& self, const Progress& progress) {
    if (progress.step == 1) self.suspend();
  });
  coordination.begin_round(round_of(1));
  EXPECT_EQ(run(coordination, [](const RankContext&) { return Play::kRunUntilTold; }),
            contract::kExitStopped);
  EXPECT_EQ(coordination.reports().back().state, WorkerState::kStopped);
}

TEST_F(SupervisorThreads, RanksThatDoNotStopInTimeAreKilled) {
  FakeCoordination coordination([](FakeCoordination& self, const Progress& progress) {
    if (progress.step == 1) self.suspend();
  });
  coordination.begin_round(round_of(1));
  EXPECT_EQ(run(coordination, [](const RankContext&) { return Play::kRunUntilKilled; }),
            contract::kExitRetryable);
}

TEST_F(SupervisorThreads, APodThatIsNoMemberAnyMoreLeaves) {
  FakeCoordination coordination([](FakeCoordination& self, const Progress& progress) {
    if (progress.step == 1) self.remove();
  });
  coordination.begin_round(round_of(1));
  EXPECT_EQ(run(coordination, [](const RankContext&) { return Play::kRunUntilTold; }),
            contract::kExitGone);
}

}  // namespace
}  // namespace cresset::train
