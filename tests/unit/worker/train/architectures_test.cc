// Networks with running statistics, of tokens and of pretrained weights, through whole jobs of real
// processes.
#include <gmock/gmock.h>

#include "tests/unit/worker/train/group_of_workers.h"
#include "worker/model/safetensors.h"

namespace cresset::train::architectures_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;

class Architecture : public Workers {
 protected:
  // `rows` of `columns` named c0, c1, … and `label`, each value by the function.
  template <typename F>
  void write_table(int rows, int columns, F value) {
    std::ofstream csv(folder_ + "/points.csv");
    for (int c = 0; c < columns; ++c) csv << "c" << c << ",";
    csv << "label\n";
    for (int row = 0; row < rows; ++row) {
      for (int c = 0; c < columns; ++c) csv << value(row, c) << ",";
      csv << static_cast<int>(value(row, columns)) << "\n";
    }
    config_.training.data.label = "label";
    config_.training.preprocess.clear();
  }
  std::string card_of(int number) {
    const auto directory = model::read_directory(store_, uri("models/" + std::to_string(number)));
    EXPECT_TRUE(directory) << directory.error().message();
    return directory ? directory->files.at(model::kModelFile) : "";
  }
  std::string tensor_of(int number, const std::string& name) {
    const std::string bytes = weights_of(number);
    const auto tensors = model::decode_safetensors(bytes).value();
    for (const auto& tensor : tensors)
      if (tensor.name == name) return std::string(tensor.bytes);
    ADD_FAILURE() << name;
    return "";
  }
};

class ResnetAtRanks : public Architecture, public testing::WithParamInterface<int> {
 protected:
  void write_points() {
    write_table(30, 81, [](int row, int c) {
      return c == 81 ? row % 2 : ((row * 31 + c * 17) % 10) / 10.0 + (c % 2 == row % 2);
    });
    config_.training.preprocess = {worker_contract::ReshapeStep{.shape = {1, 9, 9}}};
    config_.training.model = {.architecture = "resnet", .width = 4};
    config_.training.batch_size = 7;  // 24 rows: the last batch of an epoch has 3
  }
};

TEST_P(ResnetAtRanks, GoesOnFromACheckpointWithTheSameBitsAndStatistics) {
  write_points();
  config_.training.epochs = 3;
  config_.checkpoint->every_steps = 7;
  run(GetParam());
  const std::string whole = weights_of(1);
  EXPECT_NE(tensor_of(1, "bn1.running_mean"), std::string(16, '\0'));
  forget_models();
  run(GetParam(), 2);
  EXPECT_EQ(last_progress().resumed_from_step, 7);
  EXPECT_EQ(weights_of(1), whole);
}

// Nothing after the first validation is better by so much: the model is that of one epoch.
TEST_P(ResnetAtRanks, EndsAsItsBestWeightsWithTheStatisticsThatTheyWereJudgedBy) {
  write_points();
  config_.training.epochs = 1;
  run(GetParam());
  const std::string first = weights_of(1);
  forget_models();
  config_.training.epochs = 3;
  config_.training.early_stopping = {.patience = 2, .min_delta = 1e6};
  run(GetParam());
  EXPECT_EQ(weights_of(1), first);
}

INSTANTIATE_TEST_SUITE_P(Ranks, ResnetAtRanks, testing::Values(1, 2));

// Each token is one more than the one before it, so that all but the first can be known.
TEST_F(Architecture, GptLearnsTheTokenAfterEachPlace) {
  write_table(60, 6, [](int row, int c) { return (row + c) % 5; });
  config_.training.model = {.architecture = "gpt",
                            .width = 16,
                            .layers = 1,
                            .heads = 2,
                            .feed_forward = 32,
                            .vocabulary_size = 7};
  config_.training.epochs = 30;
  config_.training.label_smoothing = 0.05;
  config_.training.averaging = {.decay = 0.5};
  config_.training.early_stopping = {.metric = "accuracy", .patience = 30};
  run(2);
  const auto metrics = last_progress().metrics;
  EXPECT_THAT(metrics,
              ElementsAre(Key("accuracy"), Key("logLoss"), Key("loss"), Key("perplexity")));
  EXPECT_GT(metrics.at("accuracy"), 0.99);
  // Tokens are those of the vocabulary, whatever labels training has.
  std::ofstream(folder_ + "/others.csv") << "c0,c1,c2,c3,c4,c5,label\n1,2,3,4,5,6,6\n";
  config_.training.data.validation_fraction = 0;
  config_.training.data.validation_uri = uri("others.csv");
  config_.training.epochs = 1;
  config_.uid = "u3";
  run(2);
  config_.training.model.vocabulary_size = 4;
  config_.uid = "u2";
  start(1);
  EXPECT_NE(wait(0), 0);
  EXPECT_THAT(last_words(0).error, AllOf(HasSubstr("spec.training.data.label"), HasSubstr("0 to 3"),
                                         HasSubstr("found 4")));
}

TEST_F(Architecture, AJobStartsFromAnothersModelAndLeavesWhatIsFrozen) {
  run(1);
  config_.uid = "u2";
  config_.training.model = {
      .architecture = "", .uri = uri("models/1"), .freeze = {"0.*"}, .head = "New"};
  run(2);
  EXPECT_EQ(tensor_of(2, "0.weight"), tensor_of(1, "0.weight"));
  EXPECT_NE(tensor_of(2, "3.weight"), tensor_of(1, "3.weight"));
  const auto directory = model::read_directory(store_, uri("models/2"));
  const auto card = base::parse_json(directory->files.at(model::kModelFile)).value();
  EXPECT_EQ(base::text_at(card, "/model/architecture"), "mlp");
  EXPECT_EQ(base::text_at(card, "/startedFrom/uri"), uri("models/1"));
  EXPECT_EQ(base::text_at(card, "/startedFrom/newHead"), "3");
}

TEST_F(Architecture, AJobThatGoesOnDoesNotAskAgainForWhatItStartedFrom) {
  run(1);
  std::filesystem::copy(folder_ + "/models/1", folder_ + "/source",
                        std::filesystem::copy_options::recursive);
  config_.uid = "u2";
  config_.training.model = {
      .architecture = "", .uri = uri("source"), .freeze = {"0.*"}, .head = "New"};
  run(2);
  const auto card = card_of(2);
  const std::string weights = weights_of(2);
  std::filesystem::remove_all(folder_ + "/models/2");
  std::filesystem::remove_all(folder_ + "/source");
  run(2, 2);
  EXPECT_EQ(last_progress().resumed_from_step, 20);
  EXPECT_EQ(weights_of(2), weights);
  EXPECT_EQ(card_of(2), card);
}

TEST_F(Architecture, WhatIsFrozenStaysHoweverTheWeightsAreLearntAndChosen) {
  run(1);
  config_.uid = "u2";
  config_.training.model = {.architecture = "", .uri = uri("models/1"), .freeze = {"0.*"}};
  config_.training.optimizer = {.name = "lamb", .learning_rate = 0.01};
  config_.training.gradient = {.clip_norm = 0.5, .micro_batch_size = 4};
  config_.training.averaging = {.decay = 0.9};
  config_.training.early_stopping = {.patience = 3};
  run(2);
  EXPECT_EQ(tensor_of(2, "0.weight"), tensor_of(1, "0.weight"));
  EXPECT_NE(tensor_of(2, "3.weight"), tensor_of(1, "3.weight"));
}

TEST_F(Architecture, AScaleOfAParametersRateIsItsRate) {
  config_.checkpoint.reset();
  config_.uid = "";
  config_.training.optimizer = {.name = "sgd", .learning_rate = 0.25};
  run(1);
  config_.training.optimizer.learning_rate = 0.5;
  config_.training.model.learning_rates = {{"*", 0.5}};
  run(1);
  EXPECT_EQ(weights_of(2), weights_of(1));
  config_.training.model.learning_rates = {{"0.weight", 0.5}};
  run(1);
  EXPECT_NE(weights_of(3), weights_of(1));
  config_.training.model.learning_rates = {{"layer*", 0.5}};
  start(1);
  EXPECT_NE(wait(0), 0);
  EXPECT_THAT(last_words(0).error,
              AllOf(HasSubstr("spec.training.model.learningRates[0].parameters"),
                    HasSubstr("\"layer*\""), HasSubstr("0.weight")));
}

}  // namespace
}  // namespace cresset::train::architectures_test
