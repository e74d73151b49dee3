// Jobs of real processes that learn the next tokens of texts, from the files to what the model that
// they write answers.
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "tests/unit/worker/text/byte_pairs_of.h"
#include "tests/unit/worker/train/group_of_workers.h"
#include "tests/unit/worker/train/weights.h"
#include "worker/model/model.h"

namespace cresset::train::gpt_texts_test {
namespace {

using testing::HasSubstr;
using namespace worker_contract;

class GptTexts : public Workers {
 protected:
  // Each word begins as no other does, so that what comes after its first letter is certain. Texts
  // have from one word to nine.
  void SetUp() override {
    Workers::SetUp();
    std::ofstream csv(folder_ + "/texts.csv");
    csv << "text\n";
    std::mt19937 random(5);
    for (int row = 0; row < 300; ++row) {
      std::string text = kWords[random() % 4];
      for (unsigned words = random() % 9; words > 0; --words)
        text += " " + std::string(kWords[random() % 4]);
      csv << text << "\n";
    }
    csv.close();
    write_vocabulary({"c a", "ca t"});
    config_.uid = "";
    config_.checkpoint.reset();
    config_.training.data = {.train_uri = uri("texts.csv"), .validation_fraction = 0.2};
    config_.training.preprocess = {tokenize()};
    config_.training.model = {.architecture = "gpt",
                              .width = 16,
                              .layers = 1,
                              .heads = 2,
                              .feed_forward = 32,
                              .vocabulary_size = 259};
    config_.training.optimizer.learning_rate = 0.02;
    config_.training.epochs = 6;
  }
  static constexpr const char* kWords[] = {"cat", "dogs", "my", "birds"};

  TokenizeStep tokenize(bool packed = false) const {
    return {.columns = {"text"},
            .vocabulary_uri = uri("vocab.json"),
            .merges_uri = uri("merges.txt"),
            .max_length = 12,
            .packed = packed};
  }
  void write_vocabulary(const std::vector<std::string>& merges) {
    const auto pairs = text::byte_pairs_of(merges);
    base::Json vocabulary = base::Json::object();
    for (size_t i = 0; i < pairs.tokens.size(); ++i) vocabulary[pairs.tokens[i]] = i;
    std::ofstream(folder_ + "/vocab.json") << vocabulary.dump();
    std::ofstream file(folder_ + "/merges.txt");
    file << "#version: 0.2\n";
    for (const auto& merge : merges) file << merge << "\n";
  }
  base::Json card_of(int number) {
    const auto directory = model::read_directory(store_, uri("models/" + std::to_string(number)));
    EXPECT_TRUE(directory) << directory.error().message();
    return base::parse_json(directory->files.at(model::kModelFile)).value();
  }
  // The likeliest token after each text, and how likely it is.
  std::vector<std::pair<std::string, float>> after(const model::Model& model,
                                                   std::vector<std::string> texts) {
    const auto rows = texts.size();
    const auto out = model.run(
        {{"text", model::Datatype::kBytes, {static_cast<int64_t>(rows)}, {}, std::move(texts)}});
    EXPECT_TRUE(out) << out.error().message();
    const auto tokens = text::byte_pairs_of({"c a", "ca t"}).tokens;
    std::vector<std::pair<std::string, float>> found;
    for (size_t row = 0; row < rows; ++row) {
      int64_t label = 0;
      std::memcpy(&label, out->at(1).bytes.data() + row * sizeof label, sizeof label);
      float chance = 0;
      const size_t at = row * tokens.size() + static_cast<size_t>(label);
      std::memcpy(&chance, out->at(0).bytes.data() + at * sizeof chance, sizeof chance);
      found.emplace_back(tokens.at(static_cast<size_t>(label)), chance);
    }
    return found;
  }
  std::string why_not(int ranks = 1) {
    start(ranks);
    EXPECT_EQ(wait(0), kExitBadInput);
    return last_words(0).error;
  }
};

class GptTextsAsSamples : public GptTexts, public testing::WithParamInterface<bool> {};

// By sgd: adamw makes steps of what rounding leaves of a gradient that is zero. Of 19 texts those
// of one rank have more tokens than those of another.
TEST_P(GptTextsAsSamples, AreLearntFromByAnyNumberOfRanks) {
  config_.training.preprocess = {tokenize(GetParam())};
  config_.training.optimizer = {.name = "sgd", .learning_rate = 0.1};
  config_.training.epochs = 2;
  run(1);
  const auto one = last_progress();
  run(3);
  const auto three = last_progress();
  EXPECT_LT(difference(weights_of(1), weights_of(2)), 1e-4F);
  EXPECT_EQ(one.total_steps, three.total_steps);
  EXPECT_NEAR(one.metrics.at("perplexity"), three.metrics.at("perplexity"), 1e-2);
  EXPECT_NEAR(one.metrics.at("loss"), one.metrics.at("logLoss"), 1e-6);
}

TEST_P(GptTextsAsSamples, AreGoneOnFromInTheMiddleOfAnEpoch) {
  config_.training.preprocess = {tokenize(GetParam())};
  config_.uid = "u1";
  config_.training.epochs = 2;
  const int64_t half = GetParam() ? 30 : 16;  // of the steps, and a bit: one checkpoint in all
  config_.checkpoint = {.uri = uri("checkpoints"), .every_steps = half, .every_seconds = 600};
  run(2);
  const auto whole = weights_of(1);
  forget_models();
  write_vocabulary({});  // the run has the one that it began with
  run(2, 2);
  EXPECT_EQ(last_progress().resumed_from_step, half);
  EXPECT_EQ(weights_of(1), whole);
}

TEST_P(GptTextsAsSamples, AreMadeInServingAsInTraining) {
  config_.training.preprocess = {tokenize(GetParam())};
  run(2);
  const auto progress = last_progress();
  EXPECT_NEAR(progress.metrics.at("perplexity"), std::exp(progress.metrics.at("logLoss")), 1e-6);
  EXPECT_LT(progress.metrics.at("perplexity"), 3);
  const auto card = card_of(1);
  EXPECT_EQ(card["model"]["parameters"]["paddingToken"], 256);
  EXPECT_EQ(card["preprocessing"]["steps"][0]["tokenize"]["merges"][1], "ca t");
  std::filesystem::remove(folder_ + "/vocab.json");
  std::filesystem::remove(folder_ + "/merges.txt");
  const auto model = model::load_model(store_, uri("models/1"), "");
  ASSERT_TRUE(model) << model.error().message();
  const auto found = after(**model, {"d", "my bi", "cat m"});
  EXPECT_EQ(found[0].first, "o");
  EXPECT_EQ(found[1].first, "r");
  EXPECT_EQ(found[2].first, "y");
  EXPECT_NEAR(found[1].second, after(**model, {"my bi"})[0].second, 1e-5);  // alone, the same
}

INSTANTIATE_TEST_SUITE_P(PaddedAndPacked, GptTextsAsSamples, testing::Bool());

TEST_F(GptTexts, AreStreamedToo) {
  config_.training.data = {.train_uri = uri("texts.csv"),
                           .streaming = {.shuffle_window = 64, .memory_mib = 64}};
  config_.training.epochs = 1;
  config_.training.optimizer = {.name = "sgd", .learning_rate = 0.1};
  run(1);
  run(2);
  EXPECT_LT(difference(weights_of(1), weights_of(2)), 1e-4F);
}

TEST_F(GptTexts, AreThoseOfTheModelThatIsLearntFurther) {
  config_.training.epochs = 1;
  run(1);
  config_.training.model = {.architecture = "", .uri = uri("models/1")};
  run(1);
  EXPECT_EQ(card_of(2)["model"]["parameters"]["paddingToken"], 256);
}

// Rank 1 finds no data, and never joins.
TEST_F(GptTexts, OfANetworkThatTakesOthersAreToldBeforeTheRanksJoin) {
  others_read_ = uri("nothing.csv");
  std::ofstream(folder_ + "/vocab.txt") << "[UNK]\n[CLS]\n[SEP]\n[PAD]\n";
  config_.training.preprocess = {
      TokenizeStep{.columns = {"text"}, .vocabulary_uri = uri("vocab.txt"), .max_length = 8}};
  EXPECT_THAT(
      why_not(2),
      HasSubstr(
          R"(spec.training.model.architecture: gpt takes tokens of a byte-level vocabulary (.json), but spec.training.preprocess[0].tokenize makes those of WordPiece of texts; allowed are transformer, with parameters.vocabularySize, and torchscript)"));
}

TEST_F(GptTexts, WhatIsNoVocabularyIsNamedWithItsFiles) {
  std::ofstream(folder_ + "/merges.txt") << "c a\nx y\n";
  EXPECT_THAT(why_not(), HasSubstr("spec.training.preprocess[0].tokenize.vocabulary.uri: " +
                                   uri("vocab.json") + " with " + uri("merges.txt") +
                                   R"(: merge 2, "x y", is of "xy", which is no token)"));
}

}  // namespace
}  // namespace cresset::train::gpt_texts_test
