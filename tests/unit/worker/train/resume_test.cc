// Runs that are cut and continued, with real processes: the weights must be the same bits.
#include <gmock/gmock.h>

#include "tests/unit/worker/train/group_of_workers.h"

namespace cresset::train {
namespace {

using worker_contract::kExitStopped;

class ResumeAtRanks : public Workers, public testing::WithParamInterface<int> {};

TEST_P(ResumeAtRanks, FromTheMiddleOfAnEpochTheWeightsAreTheSameBits) {
  config_.training.epochs = 4;  // 20 steps, 5 an epoch
  // One checkpoint in all: of two, a newer one may take the place of one that waits to be written.
  config_.checkpoint->every_steps = 13;
  run(GetParam());
  const std::string whole = weights_of(1);
  forget_models();
  run(GetParam(), 2);
  EXPECT_EQ(last_progress().resumed_from_step, 13);
  EXPECT_EQ(weights_of(1), whole);
}

INSTANTIATE_TEST_SUITE_P(Ranks, ResumeAtRanks, testing::Values(1, 2, 3));

class ResumeWithOptimizer : public Workers, public testing::WithParamInterface<const char*> {};

TEST_P(ResumeWithOptimizer, FromTheMiddleOfAnEpochTheWeightsAreTheSameBits) {
  config_.training.optimizer = {.name = GetParam(),
                                .learning_rate = 0.02,
                                .momentum = GetParam() == std::string("sgd") ? 0.9 : 0};
  config_.training.epochs = 4;
  config_.checkpoint->every_steps = 13;
  run(2);
  const std::string whole = weights_of(1);
  forget_models();
  run(2, 2);
  EXPECT_EQ(last_progress().resumed_from_step, 13);
  EXPECT_EQ(weights_of(1), whole);
}

INSTANTIATE_TEST_SUITE_P(Methods, ResumeWithOptimizer,
                         testing::Values("sgd", "adam", "adagrad", "lamb"));

class ResumeWithState : public Workers, public testing::WithParamInterface<const char*> {
 protected:
  // Something that has a state of its own beside the optimizer's.
  void use(const std::string& feature) {
    if (feature == "fp16") config_.training.precision = "fp16";
    if (feature == "averaging") config_.training.averaging.decay = 0.9;
    if (feature == "early stopping")
      config_.training.early_stopping = {.metric = "accuracy", .patience = 2};
  }
};

TEST_P(ResumeWithState, TheModelIsTheSameBits) {
  use(GetParam());
  config_.training.epochs = 4;
  config_.checkpoint->every_steps = 13;
  run(1);
  const auto whole = last_progress();
  const std::string weights = weights_of(1);
  forget_models();
  run(1, 2);
  const auto resumed = last_progress();
  EXPECT_EQ(resumed.resumed_from_step, 13);
  EXPECT_EQ(resumed.step, whole.step);
  EXPECT_EQ(resumed.metrics, whole.metrics);
  EXPECT_EQ(weights_of(1), weights);
}

INSTANTIATE_TEST_SUITE_P(Features, ResumeWithState,
                         testing::Values("fp16", "averaging", "early stopping"));

class Resume : public Workers {};

// Each checkpoint is of a run of its own, as above.
TEST_F(Resume, ATruncatedCheckpointIsPassedOverForTheOneBefore) {
  config_.training.epochs = 3;  // 15 steps, a checkpoint of 10
  run(1);
  forget_models();
  config_.training.epochs = 5;  // 25 steps, one of 20
  run(1, 2);
  const std::string whole = weights_of(1);
  forget_models();
  std::filesystem::resize_file(folder_ + "/checkpoints/u1/20-r2/weights.safetensors", 100);
  run(1, 3);
  EXPECT_EQ(last_progress().resumed_from_step, 10);
  EXPECT_EQ(weights_of(1), whole);
}

TEST_F(Resume, ACheckpointOfAnotherOptimizerIsLeftAlone) {
  run(1);
  forget_models();
  config_.training.optimizer = {.name = "sgd", .momentum = 0.9};
  run(1, 2);
  EXPECT_FALSE(last_progress().resumed_from_step);
}

TEST_F(Resume, ACheckpointOfAWorkerThatToldLessOfItsRunIsGoneOnFrom) {
  run(1);
  const std::string whole = weights_of(1);
  forget_models();
  const std::string at = uri("checkpoints/u1/20-r1");
  const auto directory = model::read_directory(store_, at);
  ASSERT_TRUE(directory) << directory.error().message();
  auto files = directory->files;
  auto state = base::parse_json(files.at("state.json")).value();
  for (const char* newer : {"model", "optimizer", "precision", "data"}) state["run"].erase(newer);
  ASSERT_EQ(state["run"].size(), 3U) << "rows, batchSize, seed";
  files["state.json"] = base::dump(state);
  ASSERT_TRUE(model::write_directory(store_, at, files));
  run(1, 2);
  EXPECT_EQ(last_progress().resumed_from_step, 20);
  EXPECT_EQ(weights_of(1), whole);
}

TEST_F(Resume, StoppedAtAnyStepAllRanksLeaveTogetherAndTheRunGoesOnAsIfNothingWas) {
  config_.training.epochs = 400;  // 2,000 steps
  config_.checkpoint->every_steps = 100000;
  start(2);
  while (const auto progress = next_progress())
    if (progress->step > 0) break;
  ASSERT_EQ(::kill(pids_[1], SIGTERM), 0);  // one of them is enough
  EXPECT_EQ(wait(0), kExitStopped);
  EXPECT_EQ(wait(1), kExitStopped);
  const auto stopped = last_progress();
  EXPECT_EQ(stopped.state, worker_contract::WorkerState::kStopped);
  EXPECT_EQ(stopped.checkpoint_step, stopped.step);
  run(2, 2);
  EXPECT_EQ(last_progress().resumed_from_step, stopped.step);
  const std::string continued = weights_of(1);
  forget_models();
  forget_checkpoints();
  run(2);
  EXPECT_EQ(weights_of(1), continued);
}

TEST_F(Resume, TheSameJobAfterItsEndWritesNoSecondModel) {
  run(1);
  const auto first = last_progress();
  run(1, 2);
  const auto second = last_progress();
  EXPECT_EQ(second.model_uri, first.model_uri);
  EXPECT_EQ(second.model_digest, first.model_digest);
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/models/2"));
}

}  // namespace
}  // namespace cresset::train
