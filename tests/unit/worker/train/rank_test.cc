// Ranks as real processes on loopback: what they learn together, and how they end.
#include <gmock/gmock.h>

#include "operator/base/json.h"
#include "tests/unit/worker/train/group_of_workers.h"
#include "tests/unit/worker/train/weights.h"
#include "worker/data/core/sharding.h"
#include "worker/data/table.h"

#include <cmath>

namespace cresset::train {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using namespace worker_contract;

class Ranks : public Workers {};

TEST_F(Ranks, AnyNumberOfThemLearnsTheSameAsOne) {
  config_.training.model.dropout = 0;
  config_.uid = "";
  config_.checkpoint.reset();
  run(1);
  const auto alone = last_progress();
  run(2);
  const auto both = last_progress();
  run(3);
  const auto three = last_progress();  // 20 rows to validate with: parts of 7, 7 and 6
  EXPECT_LT(difference(weights_of(1), weights_of(2)), 1e-4F);
  EXPECT_LT(difference(weights_of(1), weights_of(3)), 1e-4F);
  for (const auto& others : {both, three}) {
    EXPECT_DOUBLE_EQ(others.metrics.at("accuracy"), alone.metrics.at("accuracy"));
    EXPECT_NEAR(others.metrics.at("loss"), alone.metrics.at("loss"), 1e-4);
  }
  EXPECT_GT(alone.metrics.at("accuracy"), 0.7);
}

TEST_F(Ranks, InMicroBatchesTheyLearnTheSame) {
  config_.training.model.dropout = 0;
  config_.uid = "";
  config_.checkpoint.reset();
  config_.training.optimizer = {.name = "sgd", .learning_rate = 0.1};
  config_.training.gradient = {.clip_norm = 0.5};
  run(1);
  config_.training.gradient.micro_batch_size = 4;  // of 9 or 10 rows, and of 2 at an epoch's end
  run(2);
  EXPECT_LT(difference(weights_of(1), weights_of(2)), 1e-5F);
  EXPECT_NE(weights_of(1), weights_of(2));
}

TEST_F(Ranks, OfAGroupAllRowsAreHeldBackOrNone) {
  std::ofstream file(folder_ + "/people.csv");
  file << "x,y,who,side\n";
  for (int row = 0; row < 90; ++row)
    file << row << "," << row % 7 << ",p" << row / 3 << "," << (row % 2 ? "left" : "right") << "\n";
  file.close();
  config_.training.data.train_uri = uri("people.csv");
  config_.training.data.validation_fraction = 0.3;
  config_.training.data.validation_split_by = "who";
  config_.checkpoint.reset();
  config_.training.epochs = 1;
  config_.training.batch_size = 1;
  run(2);
  const auto rows = last_progress().step;
  EXPECT_EQ(rows % 3, 0);
  EXPECT_GT(rows, 0);
  EXPECT_LT(rows, 90);
}

TEST_F(Ranks, AColumnThatDividesNothingIsBadInput) {
  std::ofstream(folder_ + "/alike.csv") << "x,y,who,side\n1,1,a,left\n2,2,a,right\n";
  config_.training.data.train_uri = uri("alike.csv");
  config_.training.data.validation_fraction = 0.3;
  config_.training.data.validation_split_by = "who";
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_EQ(
      last_words(0).error,
      R"(spec.training.data.validation.splitBy: all rows fall on one side, since column "who" has 1 different values; more of them, another fraction or another seed would divide them)");
}

TEST_F(Ranks, ThatFoundDifferentRowsSaySoAndReadThemAgain) {
  std::filesystem::copy(folder_ + "/points.csv", folder_ + "/more.csv");
  std::ofstream(folder_ + "/more.csv", std::ios::app) << "0.5,0.25,right\n";
  others_read_ = uri("more.csv");
  start(2);
  for (const int rank : {0, 1}) {
    EXPECT_EQ(wait(rank), kExitRetryable);
    EXPECT_THAT(last_words(rank).error,
                testing::HasSubstr("spec.training.data changed while it was read"));
  }
}

// Medians, quantiles and what is learnt after a step that is no straight line, over several ranks.
TEST_F(Ranks, AnyNumberOfThemPreprocessesTheSame) {
  config_.uid = "";
  config_.checkpoint.reset();
  config_.training.model.dropout = 0;
  config_.training.epochs = 1;
  config_.training.preprocess = {
      ImputeStep{.columns = {"*"}, .strategy = "Median"},
      ClipStep{.columns = {"*"}, .min_quantile = 0.1, .max_quantile = 0.9},
      QuantileStep{.columns = {"x"}, .quantiles = 20, .distribution = "Normal"},
      MinMaxStep{.columns = {"y"}},
      LogStep{.columns = {"y"}},
      StandardizeStep{.columns = {"y"}}};
  std::vector<base::Json> cards;
  for (const int ranks : {1, 2, 3}) {
    run(ranks);
    const auto directory = model::read_directory(store_, uri("models/" + std::to_string(ranks)));
    ASSERT_TRUE(directory) << directory.error().message();
    cards.push_back(
        base::parse_json(directory->files.at(model::kModelFile)).value()["preprocessing"]);
  }
  EXPECT_EQ(cards[0], cards[1]);
  EXPECT_EQ(cards[0], cards[2]);
  EXPECT_EQ(cards[0]["steps"].size(), 6U);
}

TEST_F(Ranks, WithClassWeightsTheyLearnTheSameTogetherAsOneAlone) {
  config_.training.model.dropout = 0;
  config_.uid = "";
  config_.checkpoint.reset();
  config_.training.optimizer = {.name = "sgd", .learning_rate = 0.1};
  run(1);
  config_.training.class_weights = {.strategy = "Listed", .weights = {{"left", 5}}};
  config_.training.label_smoothing = 0.1;
  run(1);
  const double alone = last_progress().metrics.at("loss");
  run(3);
  EXPECT_LT(difference(weights_of(2), weights_of(3)), 1e-5F);
  EXPECT_NEAR(last_progress().metrics.at("loss"), alone, 1e-5);
  EXPECT_GT(difference(weights_of(1), weights_of(2)), 1e-2F);
}

TEST_F(Ranks, AWeightOfAClassThatThereIsNotIsBadInput) {
  config_.training.class_weights = {.strategy = "Listed", .weights = {{"up", 5}}};
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_EQ(
      last_words(0).error,
      R"(spec.training.classWeights.weights[0].class: "up" is no class of the training rows; the classes are left, right)");
}

TEST_F(Ranks, WhatDoesNotBecomeBetterEndsEarlyWithTheBestWeights) {
  config_.uid = "";
  config_.checkpoint.reset();
  config_.training.epochs = 1;
  run(2);
  const auto once = last_progress();
  config_.training.epochs = 100;
  config_.training.early_stopping = {.metric = "loss", .patience = 2, .min_delta = 100};
  run(2);
  const auto early = last_progress();
  EXPECT_EQ(early.step, 3 * once.step);  // the first is the best, and two more are waited for
  EXPECT_EQ(early.metrics, once.metrics);
  EXPECT_EQ(weights_of(2), weights_of(1));
}

TEST_F(Ranks, TheAverageOfTheWeightsIsWhatIsWritten) {
  config_.uid = "";
  config_.checkpoint.reset();
  run(1);
  config_.training.averaging.decay = 1e-9;  // nothing of the average is left after a step
  run(1);
  EXPECT_EQ(weights_of(2), weights_of(1));
  config_.training.averaging.decay = 0.9;
  run(1);
  EXPECT_NE(weights_of(3), weights_of(1));
}

// Rows of the validation must not show in what the model was given to learn from.
TEST_F(Ranks, StatisticsAreThoseOfTheRowsThatAreLearnedFrom) {
  config_.training.data.validation_fraction = 0.5;
  config_.training.epochs = 1;
  run(2);
  const auto directory = model::read_directory(store_, uri("models/1"));
  ASSERT_TRUE(directory) << directory.error().message();
  const auto card = base::parse_json(directory->files.at(model::kModelFile)).value();
  const auto mean = card.at("preprocessing").at("steps").at(0).at("standardize").at("mean");
  const auto all = data::read_table(store_, {.uri = uri("points.csv"), .label = "side"}).value();
  const auto split = data::split_rows(all.rows, 0.5, static_cast<uint64_t>(config_.training.seed));
  const auto mean_of = [&](const data::Table& table, size_t column) {
    double sum = 0;
    for (size_t i = column; i < table.values.size(); i += table.columns.size())
      sum += table.values[i];
    return sum / static_cast<double>(table.rows);
  };
  const auto train = data::take_rows(all, split.train);
  for (size_t column = 0; column < 2; ++column) {
    EXPECT_NEAR(mean.at(column).get<double>(), mean_of(train, column), 1e-6);
    EXPECT_GT(std::abs(mean_of(train, column) - mean_of(all, column)),
              1e-4);  // else it shows nothing
  }
}

TEST_F(Ranks, TheSameRunTwiceGivesTheSameBits) {
  config_.uid = "";
  config_.checkpoint.reset();
  run(2);
  run(2);
  EXPECT_EQ(weights_of(1), weights_of(2));
}

TEST_F(Ranks, InBf16AndFp16TheyLearnToo) {
  config_.uid = "";
  config_.checkpoint.reset();
  config_.training.epochs = 20;
  int number = 0;
  std::vector<std::string> weights;
  for (const char* precision : {"fp32", "bf16", "fp16"}) {
    config_.training.precision = precision;
    run(2);
    EXPECT_GT(last_progress().metrics.at("accuracy"), 0.8) << precision;
    weights.push_back(weights_of(++number));
  }
  EXPECT_NE(weights[1], weights[0]);
  EXPECT_NE(weights[2], weights[0]);
}

// One row is beyond what fp16 holds, so the steps that it is in have no finite loss.
TEST_F(Ranks, InFp16StepsWhoseForwardPassOverflowsAreLeftOutUntilTheyAreTooMany) {
  std::filesystem::copy_file(folder_ + "/points.csv", folder_ + "/far.csv");
  std::ofstream(folder_ + "/far.csv", std::ios::app) << "1e6,1,right\n";
  config_.training.data.train_uri = uri("far.csv");
  config_.training.data.validation_fraction = 0;
  config_.training.data.validation_uri = uri("points.csv");
  config_.training.preprocess.clear();
  config_.training.precision = "fp16";
  config_.checkpoint.reset();
  run(2);
  const auto progress = last_progress();
  EXPECT_EQ(progress.step, 5 * 6);
  EXPECT_GT(progress.loss, 0);  // what is no number is read as 0
  EXPECT_GT(progress.metrics.at("accuracy"), 0.5);
  config_.training.batch_size = 101;  // all rows, and none of its steps counts
  config_.training.epochs = 40;
  config_.uid = "u2";
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_THAT(last_words(0).error, HasSubstr("not finite at any scale of the loss"));
}

TEST_F(Ranks, DeterministicOperationsGiveTheBitsThatTheCpuGivesAnyway) {
  config_.uid = "";
  config_.checkpoint.reset();
  run(2);
  config_.training.deterministic = true;
  run(2);
  EXPECT_EQ(weights_of(1), weights_of(2));
}

TEST_F(Ranks, WhenOneIsKilledTheOtherLeavesToBeTriedAgainAndSaysWhy) {
  config_.training.epochs = 100000;
  start(2);
  while (const auto progress = next_progress())
    if (progress->step > 0) break;
  ASSERT_EQ(::kill(pids_[1], SIGKILL), 0);
  EXPECT_EQ(wait(1), 128 + SIGKILL);
  EXPECT_EQ(wait(0), kExitRetryable);
  EXPECT_THAT(last_words(0).error, HasSubstr("fell apart"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/models"));
}

TEST_F(Ranks, AMissingColumnIsBadInputAndItsLastWordsNameIt) {
  config_.training.data.label = "colour";
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_EQ(last_words(0).error, "spec.training.data.label: column \"colour\" is not in " +
                                     uri("points.csv") + "; its columns are x, y, side");
  EXPECT_EQ(last_words(0).rank, 0);
}

TEST_F(Ranks, MissingDataIsBadInputAndTheFieldThatNamesItIsTold) {
  const auto words = "reading " + uri("nothing.csv") + ": it does not exist; check the path";
  config_.training.data.validation_fraction = 0;
  config_.training.data.validation_uri = uri("nothing.csv");
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_EQ(last_words(0).error, "spec.training.data.validation.uri: " + words);
  config_.training.data.train_uri = uri("nothing.csv");
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_EQ(last_words(0).error, "spec.training.data.train.uri: " + words);
}

TEST_F(Ranks, ValuesThatNoStepFillsAreBadInputAndTheFieldThatWouldFillThemIsTold) {
  std::ofstream(folder_ + "/gaps.csv") << "x,y,side\n1,1,left\n2,,right\n3,3,left\n4,4,right\n";
  config_.training.data.validation_fraction = 0;
  config_.training.data.train_uri = uri("gaps.csv");
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_THAT(last_words(0).error, StartsWith(uri("gaps.csv") + ": spec.training.preprocess: "));
  EXPECT_THAT(last_words(0).error, HasSubstr("column \"y\" misses 1 values"));
  config_.training.data.train_uri = uri("points.csv");
  config_.training.data.validation_uri = uri("gaps.csv");
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  const std::string words =
      R"(spec.training.preprocess: row 1, column "y" is missing or not finite, and the model has no impute step for it)";
  EXPECT_EQ(last_words(0).error, uri("gaps.csv") + ": " + words);
}

}  // namespace
}  // namespace cresset::train
