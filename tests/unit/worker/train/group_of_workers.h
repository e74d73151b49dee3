#pragma once
// Real `cresset-worker rank` processes on loopback, training on a small table that it writes; told
// apart by their rank, waited for with a deadline, killed with the test.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "crds/worker_contract/coordination.h"
#include "crds/worker_contract/names.h"
#include "crds/worker_contract/worker_config.h"
#include "tests/unit/worker/dist/ranks.h"
#include "worker/data/store.h"
#include "worker/model/model_directory.h"

namespace cresset::train {

class Workers : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    std::ofstream csv(folder_ + "/points.csv");
    std::mt19937 random(3);
    csv << "x,y,side\n";
    for (int row = 0; row < 100; ++row) {
      const double x = static_cast<double>(random() % 2001) / 1000 - 1,
                   y = static_cast<double>(random() % 2001) / 1000 - 1;
      csv << x << "," << y << "," << (x > y ? "right" : "left") << "\n";
    }
    config_ = {.ns = "default", .name = "points", .uid = "u1", .output_uri = uri("models")};
    config_.training.model.hidden = {16};
    config_.training.model.dropout = 0.2;
    config_.training.data = {
        .train_uri = uri("points.csv"), .validation_fraction = 0.2, .label = "side"};
    config_.training.preprocess = {worker_contract::StandardizeStep{.columns = {"*"}}};
    config_.training.optimizer.learning_rate = 0.02;
    config_.training.epochs = 5;
    config_.training.batch_size = 19;  // 80 rows: the last batch of an epoch has 4
    config_.checkpoint = {.uri = uri("checkpoints"), .every_steps = 10, .every_seconds = 600};
  }
  void TearDown() override {
    for (const pid_t pid : pids_)
      if (pid > 0) ::kill(pid, SIGKILL), ::waitpid(pid, nullptr, 0);
    std::filesystem::remove_all(folder_);
  }

  std::string uri(const std::string& name) const { return "file://" + folder_ + "/" + name; }

  void start(int world_size, int round = 1) {
    const std::string store = dist::free_address();
    pids_.clear();
    int fds[2];
    ASSERT_EQ(::pipe(fds), 0);
    for (int rank = 0; rank < world_size; ++rank) {
      auto own = config_;
      if (rank > 0 && !others_read_.empty()) own.training.data.train_uri = others_read_;
      if (rank > 0 && !others_vocabulary_.empty())
        std::get<worker_contract::TokenizeStep>(own.training.preprocess.front()).vocabulary_uri =
            others_vocabulary_;
      const std::string config =
          std::string(worker_contract::kConfigEnv) + "=" + base::dump(encode(own));
      const pid_t pid = ::fork();
      if (pid == 0) exec_rank(rank, world_size, round, store, config, fds[1]);
      pids_.push_back(pid);
    }
    ::close(fds[1]);
    if (progress_ != nullptr) std::fclose(progress_);
    progress_ = ::fdopen(fds[0], "r");
  }

  // The exit code of a rank; 128 + the signal that ended it.
  int wait(int rank) {
    int status = 0;
    EXPECT_EQ(::waitpid(pids_[static_cast<size_t>(rank)], &status, 0),
              pids_[static_cast<size_t>(rank)]);
    pids_[static_cast<size_t>(rank)] = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void run(int world_size, int round = 1) {
    start(world_size, round);
    for (int rank = 0; rank < world_size; ++rank)
      ASSERT_EQ(wait(rank), 0) << "rank " << rank << ": " << last_words(rank).error;
  }

  // The next line of progress, or nothing when rank 0 is gone.
  std::optional<worker_contract::Progress> next_progress() {
    char line[4096];
    if (std::fgets(line, sizeof line, progress_) == nullptr) return std::nullopt;
    return worker_contract::decode_progress(base::parse_json(line).value()).value();
  }
  worker_contract::Progress last_progress() {
    worker_contract::Progress last;
    while (auto progress = next_progress()) last = *progress;
    return last;
  }
  worker_contract::LastWords last_words(int rank) const {
    std::ifstream file(folder_ + "/words" + std::to_string(rank));
    return worker_contract::decode_last_words({std::istreambuf_iterator<char>(file), {}});
  }
  std::string weights_of(int number) {
    const auto directory = model::read_directory(store_, uri("models/" + std::to_string(number)));
    EXPECT_TRUE(directory) << directory.error().message();
    return directory ? directory->files.at(model::kWeightsFile) : "";
  }
  void forget_models() { std::filesystem::remove_all(folder_ + "/models"); }
  void forget_checkpoints() { std::filesystem::remove_all(folder_ + "/checkpoints"); }

  const std::string folder_ = testing::TempDir() + "workers_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name();
  worker_contract::WorkerConfig config_;
  std::string others_read_;        // the data's URI of all ranks but 0, if it is another
  std::string others_vocabulary_;  // the same of the first step, tokenize
  data::Store store_{{}, {}};
  std::vector<pid_t> pids_;
  std::FILE* progress_ = nullptr;

 private:
  [[noreturn]] void exec_rank(int rank, int world_size, int round, const std::string& store,
                              const std::string& config, int progress_fd) {
    std::vector<std::string> words{CRESSET_WORKER,  "rank",
                                   "--rank",        std::to_string(rank),
                                   "--world-size",  std::to_string(world_size),
                                   "--round",       std::to_string(round),
                                   "--store",       store,
                                   "--secret",      "x",
                                   "--last-words",  folder_ + "/words" + std::to_string(rank),
                                   "--progress-fd", std::to_string(rank == 0 ? progress_fd : -1)};
    std::string environment[] = {config, "OMP_NUM_THREADS=1"};
    std::vector<char*> args, env{environment[0].data(), environment[1].data(), nullptr};
    for (auto& word : words) args.push_back(word.data());
    args.push_back(nullptr);
    if (std::freopen((folder_ + "/log" + std::to_string(rank)).c_str(), "w", stderr) == nullptr)
      ::_exit(126);
    if (rank != 0) ::close(progress_fd);
    ::execve(CRESSET_WORKER, args.data(), env.data());
    ::_exit(127);
  }
};

}  // namespace cresset::train
