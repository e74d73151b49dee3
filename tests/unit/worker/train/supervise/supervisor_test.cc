#include "worker/train/supervise/supervisor.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

#include "crds/worker_contract/names.h"
#include "operator/base/file.h"
#include "tests/unit/worker/train/supervise/fake_coordination.h"
#include "tests/unit/worker/train/supervise/fake_rank.h"

namespace cresset::train {
namespace {

namespace contract = worker_contract;
using contract::Progress;
using contract::WorkerState;

contract::Membership round_of(int round, int processes) {
  return {.round = round, .world_size = processes, .store = "127.0.0.1:1", .secret = "s"};
}

class SupervisorTest : public ::testing::Test {
 protected:
  SupervisorTest() {
    folder_ =
        std::filesystem::temp_directory_path() / ("cresset-supervisor-" + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    rank_script = {.folder = folder_};
    pthread_sigmask(SIG_SETMASK, nullptr, &mask_);
  }
  ~SupervisorTest() override {
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    std::filesystem::remove_all(folder_);
  }

  SupervisorOptions options(int processes) {
    SupervisorOptions options;
    options.processes = processes;
    options.last_words_directory = folder_;
    options.termination_path = folder_ + "/termination-log";
    options.liaison.backoff = {std::chrono::milliseconds(1), std::chrono::milliseconds(2)};
    return options;
  }
  // As process 1 of a pod: the zygote first, then everything else.
  int run(const SupervisorOptions& options, FakeCoordination* coordination) {
    auto zygote = Zygote::start(fake_rank);
    EXPECT_TRUE(zygote) << zygote.error().message();
    if (!zygote) return -1;
    block_supervisor_signals();
    const int code = Supervisor(options, **zygote, coordination, base::silent()).run();
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/violation"))
        << base::read_file(folder_ + "/violation").value_or("");
    return code;
  }
  contract::LastWords last_words() {
    return contract::decode_last_words(
        base::read_file(folder_ + "/termination-log").value_or("nothing written"));
  }

  std::string folder_;
  sigset_t mask_;
};

// As the controller does: a broken round is followed by the next.
void begin_next_round(FakeCoordination& coordination, const Progress& progress, int processes) {
  if (progress.state == WorkerState::kBroken && progress.round == coordination.round())
    coordination.begin_round(round_of(progress.round + 1, processes));
}

TEST_F(SupervisorTest, ReportsSuccessAndLeavesTheModelInItsLastWords) {
  FakeCoordination coordination;
  coordination.begin_round(round_of(1, 2));
  EXPECT_EQ(run(options(2), &coordination), contract::kExitSuccess);
  const auto reports = coordination.reports();
  ASSERT_FALSE(reports.empty());
  EXPECT_EQ(reports.back().state, WorkerState::kSucceeded);
  EXPECT_EQ(reports.back().model_digest, "sha256:1");
  EXPECT_EQ(last_words().model_uri, "file:///models/1");
  EXPECT_EQ(last_words().step, 50);
}

TEST_F(SupervisorTest, WhatARankSaidLastIsNotOvertakenByItsEnd) {
  rank_script.steps = 1;
  for (int round = 1; round <= 40; ++round) {
    FakeCoordination coordination;
    coordination.begin_round(round_of(round, 1));
    ASSERT_EQ(run(options(1), &coordination), contract::kExitSuccess);
    ASSERT_EQ(coordination.reports().back().model_digest, "sha256:1") << "run " << round;
    ASSERT_EQ(last_words().model_digest, "sha256:1") << "run " << round;
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }
}

class Chaos : public SupervisorTest, public ::testing::WithParamInterface<int> {};

TEST_P(Chaos, RanksThatDieAtRandomPointsGoOnFromTheNewestCheckpointToTheEnd) {
  const int processes = 1 + GetParam() % 3;
  rank_script.steps = 200;
  rank_script.seed = static_cast<uint64_t>(GetParam());
  rank_script.death = 0.02;
  FakeCoordination coordination([&](FakeCoordination& self, const Progress& progress) {
    begin_next_round(self, progress, processes);
  });
  coordination.begin_round(round_of(1, processes));
  EXPECT_EQ(run(options(processes), &coordination), contract::kExitSuccess);
  EXPECT_GT(coordination.round(), 1) << "nothing died: the seed tests nothing";
  EXPECT_EQ(coordination.reports().back().state, WorkerState::kSucceeded);
  int64_t newest = 0;
  int round = 0;
  for (const auto& progress : coordination.reports()) {
    EXPECT_GE(progress.round, round);
    round = progress.round;
    if (!progress.resumed_from_step) continue;
    EXPECT_GE(*progress.resumed_from_step, newest) << "round " << round;
    newest = *progress.resumed_from_step;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Chaos, ::testing::Range(1, 13));

TEST_F(SupervisorTest, BadInputEndsThePodWithTheRanksWords) {
  rank_script.bad_input = "spec.training.data.label: no column \"digit\"";
  FakeCoordination coordination;
  coordination.begin_round(round_of(1, 2));
  EXPECT_EQ(run(options(2), &coordination), contract::kExitBadInput);
  EXPECT_EQ(last_words().error, rank_script.bad_input);
  EXPECT_TRUE(last_words().rank.has_value());
}

TEST_F(SupervisorTest, SigtermLetsRanksCheckpointAndLeave) {
  rank_script.until_stopped = true;
  bool sent = false;  // once: a signal that nobody takes would end the test
  FakeCoordination coordination([&sent](FakeCoordination&, const Progress& progress) {
    if (progress.step == 1 && !std::exchange(sent, true)) kill(getpid(), SIGTERM);
  });
  coordination.begin_round(round_of(1, 2));
  EXPECT_EQ(run(options(2), &coordination), contract::kExitStopped);
  EXPECT_EQ(coordination.reports().back().state, WorkerState::kStopped);
  EXPECT_EQ(coordination.reports().back().checkpoint_step, 7);
}

TEST_F(SupervisorTest, SuspendIsToldByTheOperator) {
  rank_script.until_stopped = true;
  FakeCoordination coordination([](FakeCoordination& self, const Progress& progress) {
    if (progress.step == 1) self.suspend();
  });
  coordination.begin_round(round_of(1, 1));
  EXPECT_EQ(run(options(1), &coordination), contract::kExitStopped);
}

TEST_F(SupervisorTest, RanksThatDoNotStopInTimeAreKilled) {
  rank_script.until_stopped = true;
  rank_script.deaf = true;
  FakeCoordination coordination([](FakeCoordination& self, const Progress& progress) {
    if (progress.step == 1) self.suspend();
  });
  coordination.begin_round(round_of(1, 2));
  auto impatient = options(2);
  impatient.stop_limit = std::chrono::milliseconds(50);
  EXPECT_EQ(run(impatient, &coordination), contract::kExitRetryable);
  EXPECT_NE(last_words().error.find("in time"), std::string::npos);
}

TEST_F(SupervisorTest, APodThatIsNoMemberAnyMoreKillsItsRanksAndLeaves) {
  rank_script.until_stopped = true;
  FakeCoordination coordination([](FakeCoordination& self, const Progress& progress) {
    if (progress.step == 1) self.remove();
  });
  coordination.begin_round(round_of(1, 2));
  EXPECT_EQ(run(options(2), &coordination), contract::kExitGone);
  EXPECT_NE(last_words().error.find("no longer a member"), std::string::npos);
}

TEST_F(SupervisorTest, ARoundThatSomebodyElseBrokeBeginsAnew) {
  rank_script.until_stopped = true;
  FakeCoordination coordination([](FakeCoordination& self, const Progress& progress) {
    if (progress.step != 1) return;
    if (progress.round < 4)
      self.begin_round(round_of(progress.round + 1, 2));
    else
      self.suspend();
  });
  coordination.begin_round(round_of(1, 2));
  EXPECT_EQ(run(options(2), &coordination), contract::kExitStopped);
  EXPECT_EQ(coordination.reports().back().round, 4);
}

TEST_F(SupervisorTest, AloneItTrainsTheGroupItWasGiven) {
  auto alone = options(1);
  alone.only_membership = round_of(3, 1);
  ::testing::internal::CaptureStdout();
  const int code = run(alone, nullptr);
  const std::string lines = ::testing::internal::GetCapturedStdout();
  EXPECT_EQ(code, contract::kExitSuccess);
  const auto last = lines.substr(lines.rfind('\n', lines.size() - 2) + 1);
  const auto progress = contract::decode_progress(*base::parse_json(last));
  ASSERT_TRUE(progress) << last;
  EXPECT_EQ(progress->state, WorkerState::kSucceeded);
  EXPECT_EQ(progress->round, 3);
}

TEST_F(SupervisorTest, AloneABrokenRoundIsTheEndAndLeftToWhoStartedIt) {
  rank_script.death = 1;
  auto alone = options(1);
  alone.only_membership = round_of(1, 1);
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run(alone, nullptr), contract::kExitRetryable);
  EXPECT_NE(::testing::internal::GetCapturedStdout().find("Broken"), std::string::npos);
}

}  // namespace
}  // namespace cresset::train
