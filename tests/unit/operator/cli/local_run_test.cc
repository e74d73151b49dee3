#include "operator/cli/local_run.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "crds/worker_contract/names.h"
#include "operator/base/file.h"
#include "operator/cli/job_file.h"

namespace cresset::cli {
namespace {

namespace contract = worker_contract;

crds::TrainingJob job_of(int workers, int max_restarts = 3) {
  auto job = *parse_job(
      "{apiVersion: cresset.dev/v1alpha1, kind: TrainingJob, metadata: {name: points}, spec: {"
      "training: {data: {train: {uri: file:///d.csv}, label: y}}, "
      "checkpoint: {uri: file:///checkpoints}, output: {uri: file:///m}}}",
      workers, "local-1");
  job.failure_policy.max_restarts = max_restarts;
  return job;
}

crds::TrainingJob ruled_job(crds::FailureRule rule, int max_restarts) {
  auto job = job_of(1, max_restarts);
  job.failure_policy.rules = {std::move(rule)};
  return job;
}

// The workers are shell scripts that play cresset-worker: what they print, write and exit with.
class LocalRunTest : public ::testing::Test {
 protected:
  LocalRunTest() {
    folder_ =
        std::filesystem::temp_directory_path() / ("cresset-run-test-" + std::to_string(getpid()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set, signal);
    pthread_sigmask(SIG_BLOCK, &set, &mask_);
    signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~LocalRunTest() override {
    close(signals_);
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
    std::filesystem::remove_all(folder_);
  }

  int run(const crds::TrainingJob& job, const std::string& script) {
    const std::string worker = folder_ + "/worker.sh";
    std::ofstream(worker) << "#!/bin/bash\nexport FOLDER=" << folder_
                          << "\nround=$(sed 's/.*\"round\":\\([0-9]*\\).*/\\1/' <<<\"$"
                          << contract::kStaticMembershipEnv << "\")\nindex=$"
                          << contract::kWorkerIndexEnv << "\n"
                          << script << "\n";
    std::filesystem::permissions(worker, std::filesystem::perms::owner_all);
    std::FILE* out = std::tmpfile();
    ::testing::internal::CaptureStderr();
    int code = -1;
    {
      Terminal terminal(out, false);
      code =
          LocalRun(
              job,
              {.worker_binary = worker, .folder = folder_, .signal_fd = signals_, .pause = pause_},
              terminal)
              .run();
    }
    error_ = ::testing::internal::GetCapturedStderr();
    std::rewind(out);
    for (int c = 0; (c = std::fgetc(out)) != EOF;) output_ += static_cast<char>(c);
    std::fclose(out);
    return code;
  }
  bool said(const std::string& words) const { return output_.find(words) != std::string::npos; }

  std::string folder_;
  std::chrono::milliseconds pause_{1};
  std::string output_;
  std::string error_;
  sigset_t mask_;
  int signals_ = -1;
};

const std::string kSuccess =
    R"([ $index = 0 ] && echo '{"round":1,"state":"Succeeded","step":40,"metrics":{"accuracy":0.97},)"
    R"("modelUri":"file:///m/1","modelDigest":"sha256:1"}'; exit 0)";

TEST_F(LocalRunTest, ShowsProgressAndSaysWhereTheModelIs) {
  EXPECT_EQ(run(job_of(2),
                R"([ $index = 0 ] && echo '{"round":1,"state":"Running","step":7,"totalSteps":40}'
)" + kSuccess),
            0);
  EXPECT_TRUE(said("step 7/40")) << output_;
  EXPECT_TRUE(said("model: file:///m/1")) << output_;
  EXPECT_TRUE(said("accuracy 0.9700")) << output_;
}

TEST_F(LocalRunTest, ABrokenRoundIsFollowedByTheNextForAllWorkers) {
  EXPECT_EQ(run(job_of(3),
                "echo $round $index >>$FOLDER/starts\n"
                "[ $round = 1 ] && [ $index = 1 ] && kill -9 $$\n"
                "[ $round = 1 ] && exec sleep 600\n"
                "[ $round = 2 ] && [ $index = 2 ] && exit 11\n"
                "[ $round = 2 ] && exec sleep 600\n" +
                    kSuccess),
            0)
      << output_ << error_;
  EXPECT_TRUE(said("restart 1 of 3")) << output_;
  EXPECT_TRUE(said("killed by signal 9")) << output_;
  EXPECT_TRUE(said("restart 2 of 3")) << output_;
  EXPECT_NE(base::read_file(folder_ + "/starts")->find("3 0"), std::string::npos);
}

TEST_F(LocalRunTest, EndsWhenTheRestartsAreUsedUp) {
  EXPECT_EQ(run(job_of(1, 2), "echo x >>$FOLDER/starts; exit 11"), 1);
  EXPECT_EQ(*base::read_file(folder_ + "/starts"), "x\nx\nx\n");
  EXPECT_NE(error_.find("maxRestarts"), std::string::npos) << error_;
}

TEST_F(LocalRunTest, ARuleEndsItAtOnceAndIsNamed) {
  EXPECT_EQ(run(ruled_job({.signals = {"SIGSEGV"}}, 3), "kill -SEGV $$"), 1);
  EXPECT_NE(error_.find("spec.failurePolicy.rules[0] fails the job"), std::string::npos) << error_;
  EXPECT_FALSE(said("restart"));
}

TEST_F(LocalRunTest, ARuleMayLeaveARestartUncharged) {
  EXPECT_EQ(run(ruled_job({.exit_codes = std::vector<int64_t>{7},
                           .action = crds::FailureAction::kRestartUncharged},
                          0),
                "[ $round -lt 3 ] && exit 7\n" + kSuccess),
            0)
      << error_;
  EXPECT_TRUE(said("restart, which is not charged")) << output_;
}

TEST_F(LocalRunTest, WaitsBeforeItTriesAgainWhatNobodyPaysForAndCtrlCEndsTheWait) {
  pause_ = std::chrono::hours(1);
  EXPECT_EQ(run(ruled_job({.exit_codes = std::vector<int64_t>{7},
                           .action = crds::FailureAction::kRestartUncharged},
                          0),
                "echo x >>$FOLDER/starts\n"
                "[ $round = 2 ] && { (sleep 0.3; kill -INT $PPID) & }\nexit 7"),
            130);
  EXPECT_EQ(*base::read_file(folder_ + "/starts"), "x\nx\n");
}

TEST_F(LocalRunTest, ARuleForTheCodeOfAMissingProgramIsNotBlamedForTheEnd) {
  EXPECT_EQ(run(ruled_job({.exit_codes = std::vector<int64_t>{127},
                           .action = crds::FailureAction::kRestart},
                          3),
                "exit 127"),
            1);
  EXPECT_EQ(error_.find("fails the job"), std::string::npos) << error_;
}

TEST_F(LocalRunTest, ARoundThatFallsBeforeItsFirstCheckpointRefillsNothing) {
  auto job = job_of(1, 2);
  job.failure_policy.refill_steps = 500;
  const std::string told =
      "echo '{\"round\":'$round',\"state\":\"Running\",\"step\":500,'"
      "'\"checkpointStep\":'$((round * 100 + 300))'}'\n";
  EXPECT_EQ(run(job, "[ $round = 2 ] && exit 11\n" + told + "exit 11"), 1);
  EXPECT_TRUE(said("restart 2 of 2")) << output_;
  EXPECT_FALSE(said("restart 3 of")) << output_;
}

TEST_F(LocalRunTest, ARuleMayHaveABudgetOfItsOwn) {
  EXPECT_EQ(run(ruled_job({.name = "mine",
                           .exit_codes = std::vector<int64_t>{7},
                           .action = crds::FailureAction::kRestart,
                           .max_restarts = 1},
                          0),
                "exit 7"),
            1);
  EXPECT_TRUE(said("restart 1 of 1")) << output_;
  EXPECT_NE(
      error_.find("1 restarts, which maxRestarts of spec.failurePolicy.rules[0] (mine) allows"),
      std::string::npos)
      << error_;
}

TEST_F(LocalRunTest, NewStepsInACheckpointAllowAllRestartsAgain) {
  auto job = job_of(1, 1);
  job.failure_policy.refill_steps = 100;
  EXPECT_EQ(run(job,
                "echo '{\"round\":'$round',\"state\":\"Running\",\"step\":500,'"
                "'\"checkpointStep\":'$((round < 4 ? round * 100 : 300))'}'\nexit 11"),
            1);
  size_t restarts = 0;
  for (size_t at = 0; (at = output_.find("restart 1 of 1", at)) != std::string::npos; ++at)
    ++restarts;
  EXPECT_EQ(restarts, 3U) << output_;
}

TEST_F(LocalRunTest, BadInputIsNotTriedAgainAndItsWordsAreShown) {
  EXPECT_EQ(
      run(job_of(2),
          std::string("[ $index = 1 ] && exec sleep 600\necho '{\"error\":\"no column y\"}' >$") +
              contract::kTerminationPathEnv + "; exit 10"),
      1);
  EXPECT_NE(error_.find("no column y"), std::string::npos) << error_;
  EXPECT_FALSE(said("restart"));
}

TEST_F(LocalRunTest, CtrlCAsksForACheckpointAndStops) {
  EXPECT_EQ(
      run(job_of(1), "trap 'exit 13' TERM\nkill -INT $PPID\nwhile :; do read -t 1 <> <(:); done"),
      130);
  EXPECT_TRUE(said("with a checkpoint")) << output_;
  EXPECT_TRUE(said("file:///checkpoints/local-1")) << output_;
}

TEST_F(LocalRunTest, AMissingWorkerIsToldAndNotRetried) {
  auto job = job_of(1);
  Terminal terminal(stderr, false);
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(LocalRun(job, {.worker_binary = "/nowhere", .folder = folder_, .signal_fd = signals_},
                     terminal)
                .run(),
            1);
  EXPECT_NE(::testing::internal::GetCapturedStderr().find("127"), std::string::npos);
}

TEST(WorkerEnvironment, GivesEachWorkerItsRanksAndTheRoundItsSecret) {
  auto job = job_of(2);
  job.config.processes_per_worker = 2;
  const auto membership = [&](int index, int round) {
    return *contract::decode_membership(*base::parse_json(
        worker_environment(job, index, round, 4711).at(contract::kStaticMembershipEnv)));
  };
  EXPECT_EQ(membership(1, 1).first_rank, 2);
  EXPECT_EQ(membership(1, 1).world_size, 4);
  EXPECT_EQ(membership(0, 1).store, "127.0.0.1:4711");
  EXPECT_EQ(membership(0, 1).secret, membership(1, 1).secret);
  EXPECT_NE(membership(0, 1).secret, membership(0, 2).secret);
}

TEST(WorkerEnvironment, PromisesNoGpusOfACluster) {
  auto job = job_of(1);
  job.config.gpus = 8;
  const auto config =
      base::parse_json(worker_environment(job, 0, 1, 4711).at(contract::kConfigEnv));
  EXPECT_EQ(contract::decode_worker_config(*config)->gpus, 0);
}

}  // namespace
}  // namespace cresset::cli
