// spec.training.parallel through whole jobs of real processes: what it may change and what not.
#include <gmock/gmock.h>

#include "tests/unit/worker/train/group_of_workers.h"
#include "tests/unit/worker/train/weights.h"

namespace cresset::train::parallel_test {
namespace {

class Parallel : public Workers {
 protected:
  void SetUp() override {
    Workers::SetUp();
    config_.training.model.dropout = 0;
  }
  std::string checkpoint(const std::string& name) {
    const auto directory = model::read_directory(store_, uri("checkpoints/u1/" + name));
    EXPECT_TRUE(directory) << directory.error().message();
    return directory ? directory->files.at("optimizer.safetensors") : "";
  }
};

class AtRanks : public Parallel, public testing::WithParamInterface<int> {};

// 80 rows in batches of 19: 3 and 4 ranks have uneven shards in every step.
TEST_P(AtRanks, TheWeightsAreThoseOfOneRankWithinRounding) {
  config_.checkpoint.reset();
  config_.uid = "";
  run(1);
  run(GetParam());
  run(GetParam());
  EXPECT_LT(difference(weights_of(1), weights_of(2)), 1e-4F);
  EXPECT_EQ(weights_of(2), weights_of(3)) << "twice the same, the same bits";
}

TEST_P(AtRanks, InBf16TheWeightsStayNearThoseOfOneRank) {
  config_.checkpoint.reset();
  config_.uid = "";
  config_.training.optimizer = {.name = "sgd", .learning_rate = 0.1, .momentum = 0.9};
  run(1);
  config_.training.parallel = {.bucket_bytes = 1024, .exchange = "bf16"};
  run(GetParam());
  run(GetParam());
  const float apart = difference(weights_of(1), weights_of(2));
  EXPECT_LT(apart, 2e-2F);
  EXPECT_EQ(apart == 0, GetParam() == 1) << "alone there is no exchange";
  EXPECT_EQ(weights_of(2), weights_of(3));
}

INSTANTIATE_TEST_SUITE_P(Ranks, AtRanks, testing::Values(1, 2, 3, 4));

class ShardedWith : public Parallel, public testing::WithParamInterface<const char*> {
 protected:
  void use(const std::string& feature) {
    auto& training = config_.training;
    if (feature == "lamb") training.optimizer = {.name = "lamb", .learning_rate = 0.02};
    if (feature == "clipping") training.gradient = {.clip_norm = 0.05};
    if (feature == "averaging") training.averaging.decay = 0.9;
    if (feature == "early stopping")
      training.early_stopping = {.metric = "accuracy", .patience = 2};
    if (feature == "fp16") training.precision = "fp16";
    if (feature == "bf16") training.parallel.exchange = "bf16";
    if (feature == "rates") training.model.learning_rates = {{"0.*", 0.5}};
  }
};

TEST_P(ShardedWith, TheModelAndTheCheckpointAreTheBytesOfTheReplicated) {
  use(GetParam());
  config_.checkpoint->every_steps = 13;
  run(3);
  const std::string whole = weights_of(1), state = checkpoint("13-r1");
  forget_models();
  forget_checkpoints();
  config_.training.parallel.optimizer_state = "Sharded";
  run(3);
  EXPECT_EQ(weights_of(1), whole);
  EXPECT_EQ(checkpoint("13-r1"), state);
  forget_models();
  run(3, 2);  // from the middle of an epoch
  EXPECT_EQ(last_progress().resumed_from_step, 13);
  EXPECT_EQ(weights_of(1), whole);
}

INSTANTIATE_TEST_SUITE_P(Features, ShardedWith,
                         testing::Values("adamw", "lamb", "clipping", "averaging", "early stopping",
                                         "fp16", "bf16", "rates"));

TEST_F(Parallel, ShardedARunGoesOnAtAnyOtherNumberOfRanks) {
  config_.checkpoint->every_steps = 13;
  config_.training.parallel.optimizer_state = "Sharded";
  run(1);
  const std::string alone = weights_of(1);
  int round = 1;
  for (const int ranks : {3, 2, 1}) {
    forget_models();
    std::filesystem::remove_all(folder_ + "/checkpoints/u1/26-r1");
    run(ranks, ++round);
    EXPECT_EQ(last_progress().resumed_from_step, 13) << ranks;
    EXPECT_LT(difference(weights_of(1), alone), 1e-4F) << ranks;
  }
}

TEST_F(Parallel, ShardedAStoppedRunKeepsWhatEveryRankHas) {
  config_.training.epochs = 400;  // 2,000 steps
  config_.checkpoint->every_steps = 100000;
  config_.training.parallel.optimizer_state = "Sharded";
  start(2);
  while (const auto progress = next_progress())
    if (progress->step > 0) break;
  ASSERT_EQ(::kill(pids_[1], SIGTERM), 0);
  EXPECT_EQ(wait(0), worker_contract::kExitStopped);
  EXPECT_EQ(wait(1), worker_contract::kExitStopped);
  const auto stopped = last_progress();
  EXPECT_EQ(stopped.checkpoint_step, stopped.step);
  run(2, 2);
  EXPECT_EQ(last_progress().resumed_from_step, stopped.step);
  const std::string continued = weights_of(1);
  forget_models();
  forget_checkpoints();
  run(2);
  EXPECT_EQ(weights_of(1), continued);
}

}  // namespace
}  // namespace cresset::train::parallel_test
