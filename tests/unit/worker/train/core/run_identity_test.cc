#include "worker/train/core/run_identity.h"

#include <gtest/gtest.h>

namespace cresset::train::run_identity_test {
namespace {

using base::Json;
using worker_contract::TrainingSpec;

const std::string kData = "sha256:1";
const Json kOld{{"rows", 80}, {"batchSize", 256}, {"seed", 0}};

TEST(RunIdentity, IsThatOfAnotherRunWhenAnythingWithAStateDiffers) {
  const TrainingSpec spec;
  const Json now = run_identity(spec, 80, kData);
  EXPECT_TRUE(is_same_run(now, now));
  EXPECT_FALSE(is_same_run(run_identity(spec, 81, kData), now));
  EXPECT_FALSE(is_same_run(run_identity(spec, 80, "sha256:2"), now));
  TrainingSpec other = spec;
  other.optimizer.name = "sgd";
  EXPECT_FALSE(is_same_run(run_identity(other, 80, kData), now));
  other = spec;
  other.averaging.decay = 0.9;
  EXPECT_FALSE(is_same_run(run_identity(other, 80, kData), now));
  EXPECT_FALSE(is_same_run(now, run_identity(other, 80, kData)));
  other = spec;
  other.augment.crop_padding = 2;
  EXPECT_FALSE(is_same_run(now, run_identity(other, 80, kData)));
  other = spec;
  other.data.validation_split_by = "who";
  EXPECT_FALSE(is_same_run(now, run_identity(other, 80, kData)));
}

TEST(RunIdentity, IsOfThePreprocessingWhereItTakesTexts) {
  TrainingSpec spec;
  const Json before = run_identity(spec, 80, kData);
  spec.preprocess = {worker_contract::StandardizeStep{.columns = {"*"}}};
  EXPECT_EQ(run_identity(spec, 80, kData), before) << "older checkpoints tell nothing of it";
  spec.preprocess.push_back(worker_contract::HashStep{.columns = {"city"}, .buckets = 8});
  const Json of_city = run_identity(spec, 80, kData);
  EXPECT_FALSE(is_same_run(before, of_city));
  EXPECT_FALSE(is_same_run(kOld, of_city));
  spec.preprocess.back() = worker_contract::HashStep{.columns = {"guest"}, .buckets = 8};
  EXPECT_FALSE(is_same_run(of_city, run_identity(spec, 80, kData)));
}

TEST(RunIdentity, OfStreamedRowsIsThatOfTheirWindowAndNotOfTheMemory) {
  TrainingSpec spec;
  const Json held = run_identity(spec, 80, kData);
  spec.data.streaming.shuffle_window = 100;
  const Json streamed = run_identity(spec, 80, kData);
  EXPECT_FALSE(is_same_run(held, streamed));
  EXPECT_FALSE(is_same_run(kOld, streamed));
  spec.data.streaming.memory_mib = 7;
  EXPECT_TRUE(is_same_run(streamed, run_identity(spec, 80, kData)));
  spec.data.streaming.shuffle_window = 101;
  EXPECT_FALSE(is_same_run(streamed, run_identity(spec, 80, kData)));
}

TEST(RunIdentity, AGoalThatOlderWorkersHadIsNoNewRunAndAnyOtherIs) {
  TrainingSpec spec;
  const Json before = run_identity(spec, 80, kData);
  spec.goal.name = "Classification";
  EXPECT_EQ(run_identity(spec, 80, kData), before);
  spec.goal.name = "Regression";
  const Json numbers = run_identity(spec, 80, kData);
  EXPECT_FALSE(is_same_run(before, numbers));
  EXPECT_FALSE(is_same_run(kOld, numbers));
  spec.goal.loss = "Huber";
  EXPECT_FALSE(is_same_run(numbers, run_identity(spec, 80, kData)));
}

TEST(RunIdentity, OfAnOlderCheckpointIsTakenForThatOfARunWithNothingNew) {
  TrainingSpec spec;
  EXPECT_TRUE(is_same_run(kOld, run_identity(spec, 80, kData)));
  EXPECT_FALSE(is_same_run(kOld, run_identity(spec, 81, kData)));
  spec.precision = "bf16";
  EXPECT_TRUE(is_same_run(kOld, run_identity(spec, 80, kData)));
}

TEST(RunIdentity, OfAnOlderCheckpointIsNoneOfARunWithWhatThereWasNot) {
  const auto refused = [](auto change) {
    TrainingSpec spec;
    change(spec);
    return !is_same_run(kOld, run_identity(spec, 80, kData));
  };
  EXPECT_TRUE(refused([](TrainingSpec& spec) { spec.optimizer.name = "adam"; }));
  EXPECT_TRUE(refused([](TrainingSpec& spec) { spec.precision = "fp16"; }));
  EXPECT_TRUE(refused([](TrainingSpec& spec) { spec.averaging.decay = 0.9; }));
  EXPECT_TRUE(refused([](TrainingSpec& spec) { spec.early_stopping.patience = 2; }));
  EXPECT_TRUE(refused([](TrainingSpec& spec) { spec.model.uri = "s3://b/m"; }));
  EXPECT_TRUE(refused([](TrainingSpec& spec) { spec.model.learning_rates = {{"*", 2}}; }));
}

TEST(RunIdentity, OfTextsThatAreJoinedSamplesAreNoRowsButWhichRowsAreHeldBackCounts) {
  TrainingSpec spec;
  spec.preprocess = {worker_contract::TokenizeStep{.columns = {"text"},
                                                   .vocabulary_uri = "s3://models/tokenizer.json",
                                                   .max_length = 64,
                                                   .packed = true}};
  const auto run = run_identity(spec, 80, "sha256:1");
  EXPECT_TRUE(is_same_run(run, run_identity(spec, 300, "sha256:1")));
  EXPECT_FALSE(is_same_run(run, run_identity(spec, 80, "sha256:2")));
  spec.data.validation_fraction = 0.1;
  EXPECT_FALSE(is_same_run(run, run_identity(spec, 80, "sha256:1")));
}

}  // namespace
}  // namespace cresset::train::run_identity_test
