// Jobs of real processes whose labels are numbers, or hold of a row or do not, from a table to what
// the model that they write answers.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "tests/unit/worker/train/group_of_workers.h"
#include "worker/model/model.h"

namespace cresset::train::goals_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using Metrics = std::map<std::string, double>;

class Goals : public Workers {
 protected:
  void SetUp() override {
    Workers::SetUp();
    std::ofstream csv(folder_ + "/houses.csv");
    csv << "x,y,price,age,near,far\n";
    std::mt19937 random(5);
    for (int row = 0; row < 100; ++row) {
      const double x = static_cast<double>(random() % 2001) / 1000 - 1,
                   y = static_cast<double>(random() % 2001) / 1000 - 1;
      csv << x << "," << y << "," << price(x, y) << "," << 40 - 10 * y << "," << (x > 0.2) << ","
          << (y < 0.1 ? "1" : "0") << "\n";
    }
    config_.uid = "";
    config_.checkpoint.reset();
    config_.training.model.hidden = {16};
    config_.training.model.dropout = 0;
    config_.training.epochs = 60;
    config_.training.optimizer.weight_decay = 0;
    config_.training.data = {
        .train_uri = uri("houses.csv"), .validation_fraction = 0.2, .features = {"x", "y"}};
  }

  static double price(double x, double y) { return 250000 + 30000 * x - 20000 * y; }

  void predict_numbers() {
    config_.training.goal.name = "Regression";
    config_.training.data.labels = {"price", "age"};
  }
  void predict_labels() {
    config_.training.goal.name = "MultiLabel";
    config_.training.data.labels = {"near", "far"};
  }
  Metrics run_with(int ranks) {
    run(ranks);
    return last_progress().metrics;
  }
  // What the model with a number answers for one row: the first output.
  std::vector<float> answer(int number, float x, float y) {
    const auto model =
        model::load_model(store_, uri("models/" + std::to_string(number)), "").value();
    model::HostTensor input{"input", model::Datatype::kFp32, {1, 2}, std::vector<std::byte>(8)};
    std::memcpy(input.bytes.data(), &x, 4);
    std::memcpy(input.bytes.data() + 4, &y, 4);
    const auto out = model->run({input}).value();
    std::vector<float> values(out[0].bytes.size() / 4);
    std::memcpy(values.data(), out[0].bytes.data(), out[0].bytes.size());
    return values;
  }
};

void expect_near(const Metrics& found, const Metrics& wanted) {
  ASSERT_EQ(found.size(), wanted.size());
  for (const auto& [name, value] : wanted)
    EXPECT_NEAR(found.at(name), value, 1e-3 * std::abs(value) + 1e-4) << name;
}

TEST_F(Goals, NumbersAreLearntAndAnsweredInTheirUnitsByAnyNumberOfRanks) {
  predict_numbers();
  const auto alone = run_with(1);
  EXPECT_THAT(alone, ElementsAre(Key("loss"), Key("mae"), Key("r2"), Key("rmse")));
  EXPECT_GT(alone.at("r2"), 0.98);
  EXPECT_LT(alone.at("rmse"),
            1500);  // the mean of some thousands for a price and of one for an age
  EXPECT_LT(alone.at("mae"), alone.at("rmse"));
  expect_near(run_with(3), alone);  // 20 rows to validate with: parts of 7, 7 and 6
  for (const int number : {1, 2}) {
    const auto values = answer(number, 0.5F, -0.5F);
    ASSERT_EQ(values.size(), 2U);
    EXPECT_NEAR(values[0], price(0.5, -0.5), 4000);
    EXPECT_NEAR(values[1], 45, 1);
  }
}

TEST_F(Goals, EachLossOfNumbersIsLearntByItsOwnWayToTheSameEnd) {
  predict_numbers();
  config_.training.data.labels.clear();
  config_.training.data.label = "age";
  int number = 0;
  std::vector<std::string> weights;
  for (const char* loss : {"MeanSquared", "MeanAbsolute", "Huber"}) {
    config_.training.goal.loss = loss;
    EXPECT_GT(run_with(2).at("r2"), 0.95) << loss;
    weights.push_back(weights_of(++number));
  }
  EXPECT_NE(weights[0], weights[1]);
  EXPECT_NE(weights[0], weights[2]);
}

TEST_F(Goals, LabelsThatHoldOrDoNotAreLearntEachByItself) {
  predict_labels();
  const auto alone = run_with(1);
  EXPECT_THAT(alone, ElementsAre(Key("accuracy"), Key("auc"), Key("hammingLoss"), Key("logLoss"),
                                 Key("loss"), Key("macroF1"), Key("microF1")));
  EXPECT_GT(alone.at("auc"), 0.98);
  EXPECT_GT(alone.at("accuracy"), 0.8);
  expect_near(run_with(3), alone);
  const auto both = answer(2, 0.9F, -0.9F), neither = answer(2, -0.9F, 0.9F);
  ASSERT_EQ(both.size(), 2U);
  EXPECT_GT(std::min(both[0], both[1]), 0.9F);
  EXPECT_LT(std::max(neither[0], neither[1]), 0.1F);
}

TEST_F(Goals, AWeightMakesALabelMoreProbable) {
  predict_labels();
  config_.training.epochs = 5;
  run(1);
  config_.training.class_weights = {.strategy = "Listed", .weights = {{"near", 20}}};
  run(1);
  EXPECT_GT(answer(2, 0, 0)[0], answer(1, 0, 0)[0] + 0.1F);
  config_.training.class_weights.weights = {{"side", 20}};
  start(1);
  EXPECT_NE(wait(0), 0);
  EXPECT_EQ(
      last_words(0).error,
      R"(spec.training.classWeights.weights[0].class: "side" is no label column; the label columns are near, far)");
}

TEST_F(Goals, EarlyStoppingGoesByAMetricOfTheGoal) {
  predict_numbers();
  config_.training.early_stopping = {.metric = "r2", .patience = 2, .min_delta = 0.5};
  const auto stopped = run_with(2);
  config_.training.early_stopping = {};
  config_.training.epochs = 1;
  EXPECT_GT(stopped.at("r2"), run_with(2).at("r2"));
}

TEST_F(Goals, FromTheMiddleOfAnEpochTheWeightsAreTheSameBits) {
  predict_numbers();
  config_.uid = "u1";
  config_.checkpoint = {.uri = uri("checkpoints"), .every_steps = 13, .every_seconds = 600};
  config_.training.epochs = 4;  // 20 steps, 5 an epoch
  run(2);
  const std::string whole = weights_of(1);
  forget_models();
  run(2, 2);
  EXPECT_EQ(last_progress().resumed_from_step, 13);
  EXPECT_EQ(weights_of(1), whole);
}

TEST_F(Goals, ALabelThatIsNoNumberIsBadInputAndNamed) {
  std::ofstream(folder_ + "/houses.csv") << "x,y,price,age\n1,2,3,4\n1,2,high,4\n";
  predict_numbers();
  start(1);
  EXPECT_EQ(wait(0), worker_contract::kExitBadInput);
  EXPECT_THAT(
      last_words(0).error,
      AllOf(HasSubstr("spec.training.data.train.uri"),
            HasSubstr(R"(column "price", row 2 (line 3): found "high", allowed are numbers)")));
}

TEST_F(Goals, AModelOfTokensAtAUriIsNoneForNumbers) {
  std::ofstream(folder_ + "/tokens.csv") << "a,b,c\n1,2,3\n2,3,4\n3,4,5\n1,2,3\n4,5,6\n";
  auto numbers = config_;
  config_.training.data = {.train_uri = uri("tokens.csv"), .label = "c"};
  config_.training.preprocess.clear();
  config_.training.epochs = 1;
  config_.training.model = {.architecture = "gpt",
                            .width = 8,
                            .layers = 1,
                            .heads = 1,
                            .feed_forward = 8,
                            .vocabulary_size = 9};
  run(1);
  config_ = std::move(numbers);
  predict_numbers();
  config_.training.preprocess.clear();
  config_.training.model = {.architecture = "", .uri = uri("models/1")};
  config_.training.data = {.train_uri = uri("tokens.csv"), .label = "c"};
  start(1);
  EXPECT_EQ(wait(0), worker_contract::kExitBadInput);
  EXPECT_EQ(
      last_words(0).error,
      R"(spec.training.goal.name must be NextToken with the architecture gpt, found Regression)");
}

}  // namespace
}  // namespace cresset::train::goals_test
