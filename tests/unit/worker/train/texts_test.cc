// Jobs of real processes over a table with columns of texts, from the file to what the model that
// they write answers.
#include <gmock/gmock.h>

#include <cstring>

#include "tests/unit/worker/train/group_of_workers.h"
#include "tests/unit/worker/train/weights.h"
#include "worker/model/model.h"

namespace cresset::train::texts_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace worker_contract;

class Texts : public Workers {
 protected:
  // The side is told by the city, and of "Bern" by x; a city in ten is missing.
  void SetUp() override {
    Workers::SetUp();
    std::ofstream csv(folder_ + "/cities.csv");
    csv << "x,city,guest,side\n";
    const std::vector<std::string> cities{"Rome", "Oslo", "Bern", "Zürich", "Lima"};
    for (int row = 0; row < 200; ++row) {
      const int x = row * 37 % 21 - 10;
      const auto& city = row % 10 == 9 ? "" : cities[static_cast<size_t>(row) % cities.size()];
      csv << x << "," << city << ",g" << row * row % 53 << "," << side(x, city) << "\n";
    }
    csv.close();
    config_.uid = "";
    config_.checkpoint.reset();
    config_.training.data = {
        .train_uri = uri("cities.csv"), .validation_fraction = 0.2, .label = "side"};
    config_.training.preprocess = {StandardizeStep{.columns = {"*"}},
                                   OneHotStep{.columns = {"city"}},
                                   HashStep{.columns = {"guest"}, .buckets = 8}};
    config_.training.model.dropout = 0;
    config_.training.epochs = 60;
  }

  static const char* side(double x, const std::string& city) {
    const bool right = city == "Bern" ? x > 0 : city == "Rome" || city == "Lima";
    return right ? "right" : "left";
  }

  base::Json preprocessing_of(int number) {
    const auto directory = model::read_directory(store_, uri("models/" + std::to_string(number)));
    EXPECT_TRUE(directory) << directory.error().message();
    return base::parse_json(directory->files.at(model::kModelFile)).value()["preprocessing"];
  }
  // The class that the model answers for a guest whom it does not know.
  int64_t answer(const model::Model& model, float x, const std::string& city) {
    model::HostTensor number{"x", model::Datatype::kFp32, {1}, std::vector<std::byte>(4)};
    std::memcpy(number.bytes.data(), &x, 4);
    model::HostTensor text{"city", model::Datatype::kBytes, {1}, {}, {city}};
    model::HostTensor guest{"guest", model::Datatype::kBytes, {1}, {}, {"g1000"}};
    const auto out = model.run({number, text, guest});
    EXPECT_TRUE(out) << out.error().message();
    int64_t label = 0;
    std::memcpy(&label, out->at(1).bytes.data(), sizeof label);
    return label;
  }
};

TEST_F(Texts, AreLearntFromByAnyNumberOfRanksAndAskedForInServing) {
  for (const int ranks : {1, 2, 3}) {
    run(ranks);
    EXPECT_GT(last_progress().metrics.at("accuracy"), 0.9);
  }
  const auto steps = preprocessing_of(1)["steps"];
  EXPECT_EQ(steps[1]["oneHot"]["categories"],
            base::parse_json(R"([["Bern", "Lima", "Oslo", "Rome", "Zürich"]])").value());
  for (const int number : {2, 3}) EXPECT_EQ(preprocessing_of(number)["steps"][1], steps[1]);
  EXPECT_LT(difference(weights_of(1), weights_of(3)), 1e-3F);
  const auto model = model::load_model(store_, uri("models/1"), "");
  ASSERT_TRUE(model) << model.error().message();
  for (const float x : {-9.0F, 9.0F})
    for (const char* city : {"Rome", "Oslo", "Bern", "Zürich", "Lima"})
      EXPECT_EQ(answer(**model, x, city), std::string(side(x, city)) == "right" ? 1 : 0)
          << x << " " << city;
  EXPECT_EQ(answer(**model, 0, "Paris"), answer(**model, 0, ""));
}

// kMostBytesOfTexts is of these.
TEST_F(Texts, TakeTheBytesOfTheModelThatWereCounted) {
  config_.training.epochs = 1;
  run(1);
  const auto text =
      model::read_directory(store_, uri("models/1")).value().files.at(model::kModelFile);
  EXPECT_THAT(text, HasSubstr(base::dump(preprocessing_of(1)["steps"][1]["oneHot"]["categories"])));
}

TEST_F(Texts, OfACheckpointAreWhatItsRunHadLearnt) {
  config_.uid = "u1";
  config_.checkpoint = {.uri = uri("checkpoints"), .every_steps = 10, .every_seconds = 600};
  config_.training.epochs = 4;
  config_.training.preprocess = {StandardizeStep{.columns = {"x"}},
                                 VocabularyStep{.columns = {"city", "guest"}, .max_size = 20}};
  run(2);
  const auto whole = weights_of(1);
  const auto steps = preprocessing_of(1);
  forget_models();
  run(2, 2);  // goes on from the last step
  EXPECT_GT(last_progress().resumed_from_step, 0);
  EXPECT_EQ(weights_of(1), whole);
  EXPECT_EQ(preprocessing_of(1), steps);
}

TEST_F(Texts, ThatTellTheRowOfADivergenceAreNamed) {
  std::ofstream(folder_ + "/cities.csv", std::ios::app) << "1e30,Rome,g1,left\n";
  config_.training.preprocess = {OneHotStep{.columns = {"city", "guest"}}};
  config_.training.data.validation_fraction = 0;
  config_.training.optimizer = {.name = "sgd", .learning_rate = 0.1};
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_THAT(last_words(0).error, HasSubstr("stands out: it has 1e+30 in column \"x\""));
}

TEST_F(Texts, WithAReshapeThatDoesNotFitAreBadInput) {
  config_.training.preprocess = {OneHotStep{.columns = {"city"}},
                                 HashStep{.columns = {"guest"}, .buckets = 4},
                                 ReshapeStep{.shape = {2, 4}}};
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_THAT(
      last_words(0).error,
      HasSubstr("spec.training.preprocess[2].reshape.shape: 2 × 4 = 8 values, but there are "
                "10 values in a row after the other steps"));
}

}  // namespace
}  // namespace cresset::train::texts_test
