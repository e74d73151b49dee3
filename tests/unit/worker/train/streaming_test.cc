// Jobs of real processes that stream their rows.
#include <gmock/gmock.h>

#include "tests/unit/worker/train/group_of_workers.h"
#include "tests/unit/worker/train/weights.h"

namespace cresset::train::streaming_test {
namespace {

using testing::AllOf;
using testing::Gt;
using testing::HasSubstr;
using testing::Key;
using testing::Lt;

class Streaming : public Workers {
 protected:
  void SetUp() override {
    Workers::SetUp();
    std::filesystem::create_directories(folder_ + "/parts");
    for (int part = 0; part < 8; ++part) write_part(part, 12 + part);
    write_part(99, 40);  // the order of names, so the last of the folder
    std::filesystem::rename(folder_ + "/parts/99.csv", folder_ + "/held.csv");
    config_.training.model.dropout = 0;
    config_.training.data.train_uri = uri("parts");
    config_.training.data.validation_fraction = 0;
    config_.training.data.validation_uri = uri("held.csv");
    config_.training.data.features = {"x", "y"};
    config_.training.data.streaming = {.shuffle_window = 20, .memory_mib = 1};
  }

  void write_part(int part, int rows) {
    std::mt19937 random(static_cast<unsigned>(part));
    std::ofstream csv(folder_ + "/parts/" + std::to_string(part) + ".csv");
    csv << "x,y,side,price,near,far,token,city\n";
    for (int row = 0; row < rows; ++row) {
      const double x = static_cast<double>(random() % 2001) / 1000 - 1,
                   y = static_cast<double>(random() % 2001) / 1000 - 1;
      csv << x << "," << y << "," << (x > y ? "right" : "left") << "," << 500 + 30 * x - 20 * y
          << "," << (x > 0.2) << "," << (y < 0.1) << "," << random() % 5 << ","
          << (random() % 2 ? "Rome" : "Oslo") << "\n";
    }
  }
};

TEST_F(Streaming, AJobLearnsAndTellsItsDigestAsIfItHeldAllRows) {
  config_.training.epochs = 30;
  run(1);
  const auto last = last_progress();
  EXPECT_THAT(last.metrics.at("accuracy"), Gt(0.9));
  EXPECT_EQ(last.step, 30 * 7) << "124 rows in batches of 19";
  const auto card = [&](const std::string& number) {
    const auto files = model::read_directory(store_, uri("models/" + number)).value().files;
    return base::parse_json(files.at(model::kModelFile)).value();
  };
  config_.uid = "u2";
  config_.training.data.streaming = {};
  run(1);
  EXPECT_EQ(card("1")["data"], card("2")["data"]);
  EXPECT_EQ(card("1")["classes"], card("2")["classes"]);
}

class StreamingAtRanks : public Streaming, public testing::WithParamInterface<int> {};

TEST_P(StreamingAtRanks, FromTheMiddleOfAnEpochTheWeightsAreTheSameBits) {
  config_.training.model.dropout = 0.2;
  config_.training.epochs = 4;  // 28 steps
  config_.checkpoint->every_steps = 17;
  run(GetParam());
  const std::string whole = weights_of(1);
  forget_models();
  run(GetParam(), 2);
  EXPECT_EQ(last_progress().resumed_from_step, 17);
  EXPECT_EQ(weights_of(1), whole);
}

INSTANTIATE_TEST_SUITE_P(Ranks, StreamingAtRanks, testing::Values(1, 2, 3));

class StreamingGoals : public Streaming, public testing::WithParamInterface<const char*> {
 protected:
  void aim_at(const std::string& goal) {
    auto& training = config_.training;
    training.goal.name = goal;
    if (goal == "Classification")
      training.class_weights = {.strategy = "Balanced"};
    else
      training.data.label = "";
    if (goal == "Regression") training.data.labels = {"price"};
    if (goal == "MultiLabel") training.data.labels = {"near", "far"};
    if (goal != "NextToken") return;
    training.model = {.architecture = "gpt",
                      .width = 8,
                      .layers = 1,
                      .heads = 2,
                      .feed_forward = 16,
                      .vocabulary_size = 5};
    // Of the keys' biases the gradient is nothing but rounding, which adamw makes steps of.
    training.optimizer = {.name = "sgd", .learning_rate = 0.1};
    training.preprocess.clear();
    training.data.features = {"near", "far"};
    training.data.label = "token";
  }
};

TEST_P(StreamingGoals, AnyNumberOfProcessesLearnsTheSame) {
  aim_at(GetParam());
  config_.training.epochs = 4;
  config_.checkpoint.reset();
  run(1);
  const std::string alone = weights_of(1);
  const auto metrics = last_progress().metrics;
  EXPECT_THAT(metrics, testing::Contains(Key("loss")));
  for (const int ranks : {2, 3}) {
    forget_models();
    run(ranks);
    EXPECT_THAT(difference(weights_of(1), alone), Lt(1e-4)) << ranks;
  }
}

INSTANTIATE_TEST_SUITE_P(All, StreamingGoals,
                         testing::Values("Classification", "Regression", "MultiLabel",
                                         "NextToken"));

TEST_F(Streaming, TextsAreLearnedFromByAnyNumberOfProcesses) {
  config_.training.data.features = {"x", "city"};
  config_.training.preprocess = {worker_contract::OneHotStep{.columns = {"city"}}};
  config_.training.optimizer = {.name = "sgd", .learning_rate = 0.1};
  config_.checkpoint.reset();
  run(1);
  const std::string alone = weights_of(1);
  forget_models();
  run(2);
  EXPECT_THAT(difference(weights_of(1), alone), Lt(1e-4));
}

TEST_F(Streaming, ACheckpointOfAnotherWindowIsLeftAlone) {
  run(1);
  forget_models();
  config_.training.data.streaming.shuffle_window = 30;
  run(1, 2);
  EXPECT_FALSE(last_progress().resumed_from_step);
}

TEST_F(Streaming, BadRowsAreCountedOverAllProcessesAndOneTooManyEndsThemAll) {
  for (const char* part : {"/parts/0.csv", "/parts/7.csv"})
    std::ofstream(folder_ + part, std::ios::app) << "abc,1,left,1,1,1,1,Rome\n";
  config_.training.data.bad_rows.limit = 2;
  config_.checkpoint.reset();
  run(2);
  EXPECT_EQ(last_progress().bad_rows, 2);
  config_.training.data.bad_rows.limit = 1;
  start(2);
  for (const int rank : {0, 1}) {
    EXPECT_EQ(wait(rank), worker_contract::kExitBadInput);
    EXPECT_THAT(last_words(rank).error,
                AllOf(HasSubstr("spec.training.data.badRows.limit is 1"),
                      HasSubstr("0.csv: column \"x\", row 13 (line 14): found \"abc\""),
                      HasSubstr("7.csv: column \"x\", row 20 (line 21): found \"abc\"")));
  }
}

TEST_F(Streaming, ProcessesThatReadDifferentFilesSaySo) {
  std::filesystem::create_directories(folder_ + "/others");
  std::filesystem::copy_file(folder_ + "/parts/0.csv", folder_ + "/others/0.csv");
  others_read_ = uri("others");
  start(2);
  for (const int rank : {0, 1}) {
    EXPECT_NE(wait(rank), 0);
    EXPECT_THAT(last_words(rank).error, HasSubstr("the workers found different files"));
  }
}

TEST_F(Streaming, AWindowThatTheMemoryCannotHoldIsRefusedByItsField) {
  for (int part = 100; part < 140; ++part) write_part(part, 1500);
  config_.training.data.streaming.shuffle_window = 100000;
  config_.training.data.features = {"x", "y", "price", "near", "far", "token"};
  config_.training.preprocess.clear();
  start(1);
  EXPECT_EQ(wait(0), worker_contract::kExitBadInput);
  EXPECT_THAT(last_words(0).error,
              HasSubstr("spec.training.data.streaming.memoryMiB: found 1, allowed are 2 and more"));
}

TEST_F(Streaming, ValidationRowsThatCannotBeReadAreToldBeforeThoseOfTrainingAreRead) {
  std::ofstream(folder_ + "/held.csv") << "x,side\n1,left\n";
  start(2);
  for (const int rank : {0, 1}) {
    EXPECT_EQ(wait(rank), worker_contract::kExitBadInput);
    EXPECT_THAT(last_words(rank).error,
                AllOf(HasSubstr("spec.training.data.validation.uri"), HasSubstr("\"y\"")));
    std::ifstream log(folder_ + "/log" + std::to_string(rank));
    const std::string text{std::istreambuf_iterator<char>(log), {}};
    EXPECT_THAT(text, testing::Not(HasSubstr("data read")));
  }
}

TEST_F(Streaming, AFileThatOneProcessCannotReadEndsThemAllWithItsName) {
  std::ofstream(folder_ + "/parts/7.csv") << "x,y\n1,1\n";
  start(3);
  for (const int rank : {0, 1, 2}) {
    EXPECT_EQ(wait(rank), worker_contract::kExitBadInput);
    EXPECT_THAT(last_words(rank).error, HasSubstr("7.csv lacks the column"));
  }
}

TEST_F(Streaming, OnlyClassesThatTheTrainingRowsHaveMayBeHeldBack) {
  std::ofstream(folder_ + "/held.csv", std::ios::app) << "1,1,up,1,1,1,1,Rome\n";
  start(2);
  for (const int rank : {0, 1}) {
    EXPECT_EQ(wait(rank), worker_contract::kExitBadInput);
    EXPECT_THAT(last_words(rank).error, HasSubstr("the label \"up\" does not occur"));
  }
}

}  // namespace
}  // namespace cresset::train::streaming_test
