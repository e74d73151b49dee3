// Jobs of real processes over texts that become tokens, from the files to what the model that they
// write answers.
#include "worker/train/text_tokens.h"

#include <gmock/gmock.h>

#include <cstring>
#include <regex>

#include "tests/unit/worker/text/byte_pairs_of.h"
#include "tests/unit/worker/train/group_of_workers.h"
#include "tests/unit/worker/train/weights.h"
#include "worker/model/model.h"

namespace cresset::train::text_tokens_test {
namespace {

using testing::HasSubstr;
using namespace worker_contract;

class Tokens : public Workers {
 protected:
  // What tells the side is whether "good" is among a text's words, with or without its accent, and
  // "not" is not.
  void SetUp() override {
    Workers::SetUp();
    std::ofstream csv(folder_ + "/texts.csv");
    csv << "text,side\n";
    std::mt19937 random(5);
    for (int row = 0; row < 300; ++row) {
      std::string text;
      for (unsigned words = 1 + random() % 3; words > 0; --words)
        text += std::string(kWords[random() % 6]) + " ";
      csv << text << "," << side(text) << "\n";
    }
    csv.close();
    write_vocabulary("vocab.txt", "");
    config_.uid = "";
    config_.checkpoint.reset();
    config_.training.data = {
        .train_uri = uri("texts.csv"), .validation_fraction = 0.2, .label = "side"};
    config_.training.preprocess = {
        TokenizeStep{.columns = {"text"}, .vocabulary_uri = uri("vocab.txt"), .max_length = 8}};
    config_.training.model = {.architecture = "transformer",
                              .width = 16,
                              .layers = 1,
                              .heads = 2,
                              .feed_forward = 32,
                              .vocabulary_size = 12};
    config_.training.optimizer.learning_rate = 0.01;
    config_.training.epochs = 30;
  }
  void write_vocabulary(const std::string& name, const std::string& more) {
    std::ofstream(folder_ + "/" + name) << "[UNK]\n[CLS]\n[SEP]\n[PAD]\nth\n##e\ncat\nis\nnot\n"
                                           "good\n##s\n"
                                        << more;
  }
  static const char* side(const std::string& text) {
    const bool good =
        text.find("good") != std::string::npos || text.find("Göod") != std::string::npos;
    return good && text.find("not") == std::string::npos ? "right" : "left";
  }
  static constexpr const char* kWords[] = {"The", "cats", "is", "not", "Göod", "good"};

  base::Json card_of(int number) {
    const auto directory = model::read_directory(store_, uri("models/" + std::to_string(number)));
    EXPECT_TRUE(directory) << directory.error().message();
    return base::parse_json(directory->files.at(model::kModelFile)).value();
  }
  std::string log_of(int rank) const {
    std::ifstream file(folder_ + "/log" + std::to_string(rank));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<float> answer(const model::Model& model, std::vector<std::string> texts) {
    const auto rows = static_cast<int64_t>(texts.size());
    const auto out = model.run({{"text", model::Datatype::kBytes, {rows}, {}, std::move(texts)}});
    EXPECT_TRUE(out) << out.error().message();
    std::vector<float> probabilities(out->at(0).bytes.size() / sizeof(float));
    std::memcpy(probabilities.data(), out->at(0).bytes.data(), out->at(0).bytes.size());
    return probabilities;
  }
};

// By sgd: adamw makes steps of what rounding leaves of the gradient of the keys' biases, which is
// zero.
TEST_F(Tokens, AreLearntFromByAnyNumberOfRanks) {
  config_.training.optimizer = {.name = "sgd", .learning_rate = 0.1};
  config_.training.epochs = 2;
  run(1);
  run(3);
  EXPECT_LT(difference(weights_of(1), weights_of(2)), 1e-3F);
}

TEST_F(Tokens, AreMadeInServingAsInTraining) {
  run(2);
  EXPECT_GT(last_progress().metrics.at("accuracy"), 0.9);
  const auto card = card_of(1);
  EXPECT_EQ(card["model"]["parameters"]["paddingToken"], 3);
  EXPECT_EQ(card["preprocessing"]["steps"][0]["tokenize"]["tokens"][6], "cat");
  std::filesystem::remove(folder_ + "/vocab.txt");
  const auto model = model::load_model(store_, uri("models/1"), "");
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_GT(answer(**model, {"The cats GOOD"})[1], 0.8);
  EXPECT_LT(answer(**model, {"the good not"})[1], 0.2);
  EXPECT_EQ(answer(**model, {"THE göod"}), answer(**model, {"the good"}));
}

TEST_F(Tokens, OfRowsBesideOneAnotherChangeNothingOfEachOther) {
  config_.training.epochs = 1;
  run(1);
  const auto model = model::load_model(store_, uri("models/1"), "").value();
  const auto both = answer(*model, {"good", "the cat is not good"});
  EXPECT_NEAR(both[1], answer(*model, {"good"})[1], 1e-6);
  EXPECT_NEAR(both[3], answer(*model, {"the cat is not good"})[1], 1e-6);
}

TEST_F(Tokens, ThatAreCutOffAreCounted) {
  config_.training.epochs = 1;
  std::ofstream(folder_ + "/texts.csv") << "text,side\nis is is is is is,left\n"
                                           "is is is is is is is,left\ngood,right\n";
  config_.training.data.validation_fraction = 0;
  run(1);
  EXPECT_THAT(log_of(0), HasSubstr("texts are cut off, being longer than maxLength of tokenize"));
  EXPECT_THAT(log_of(0), HasSubstr("\"texts\":1,\"of_rows\":3"));
}

TEST_F(Tokens, ThatTheNetworkHasNoPlaceForAreBadInput) {
  config_.training.model.vocabulary_size = 10;
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_THAT(
      last_words(0).error,
      HasSubstr(
          R"(spec.training.model.parameters.vocabularySize is 10, but the vocabulary in spec.training.preprocess[0].tokenize.vocabulary.uri has 11 tokens; it must be at least that)"));
  config_.training.model = {.architecture = "cnn"};
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_THAT(
      last_words(0).error,
      HasSubstr(
          R"(spec.training.model.architecture: cnn takes numbers, but spec.training.preprocess[0].tokenize makes tokens of texts; allowed are transformer, with parameters.vocabularySize, and torchscript)"));
}

TEST_F(Tokens, AreThoseOfTheModelThatIsLearntFurther) {
  config_.training.epochs = 1;
  run(1);
  config_.training.model = {.architecture = "", .uri = uri("models/1")};
  run(1);
  EXPECT_EQ(card_of(2)["model"]["parameters"]["paddingToken"], 3);
  std::ofstream(folder_ + "/vocab.txt") << "[PAD]\n[UNK]\n[CLS]\n[SEP]\ngood\n";
  start(1);
  EXPECT_EQ(wait(0), kExitBadInput);
  EXPECT_THAT(
      last_words(0).error,
      HasSubstr(
          R"(spec.training.model.uri: its paddingToken is 3, but [PAD] of the vocabulary in spec.training.preprocess[0].tokenize.vocabulary.uri is 0; it must be that)"));
}

TEST_F(Tokens, OfVocabulariesThatDifferFromRankToRankAreNotLearntFrom) {
  write_vocabulary("other.txt", "new\n");
  others_vocabulary_ = uri("other.txt");
  start(2);
  for (const int rank : {0, 1}) {
    EXPECT_NE(wait(rank), 0);
    EXPECT_THAT(
        last_words(rank).error,
        HasSubstr(
            R"(spec.training.preprocess[0].tokenize.vocabulary.uri changed while it was read: the workers found different vocabularies)"));
  }
}

// Whatever lies there now: another vocabulary, one that the network has no place for, or none.
TEST_F(Tokens, OfACheckpointAreThoseThatItsRunBeganWith) {
  config_.uid = "u1";
  config_.checkpoint = {.uri = uri("checkpoints"), .every_steps = 10, .every_seconds = 600};
  config_.training.epochs = 3;
  run(2);
  const auto whole = weights_of(1);
  forget_checkpoints();
  for (const char* now : {"[PAD]\n[UNK]\n[CLS]\n[SEP]\nnew\n",
                          "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\ne\nf\ng\nh\ni\n", ""}) {
    write_vocabulary("vocab.txt", "");
    config_.training.epochs = 2;
    forget_models();
    run(2);
    forget_models();
    std::ofstream(folder_ + "/vocab.txt") << now;
    config_.training.epochs = 3;
    run(2, 2);
    EXPECT_GT(last_progress().resumed_from_step, 0);
    EXPECT_EQ(weights_of(1), whole);
    EXPECT_EQ(card_of(1)["preprocessing"]["steps"][0]["tokenize"]["tokens"].size(), 11);
    EXPECT_EQ(card_of(1)["model"]["parameters"]["paddingToken"], 3);
    forget_checkpoints();
  }
}

model::Preprocessing steps_of(const std::string& steps, std::vector<std::string> columns) {
  const auto json = base::parse_json(R"({"steps": [)" + steps + "]}");
  return model::Preprocessing::decode(*json, std::move(columns)).value();
}

constexpr char kOfA[] = R"({"tokenize": {"columns": ["a"], "maxLength": 4, "lowercase": true,
    "tokens": ["[UNK]", "[CLS]", "[SEP]", "[PAD]"]}})";
constexpr char kOfB[] = R"({"tokenize": {"columns": ["b"], "maxLength": 4, "lowercase": false,
    "tokens": ["[UNK]", "[CLS]", "[SEP]", "[PAD]"]}})";
constexpr char kOther[] = R"({"tokenize": {"columns": ["b"], "maxLength": 4, "lowercase": true,
    "tokens": ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]}})";
constexpr char kHash[] = R"({"hash": {"columns": ["b"], "buckets": 2}})";

// Of an architecture that a spec names, or, `at_uri`, a model that lies somewhere. The steps are
// told as a job's are, which were bound under another name.
std::string why_not(const model::Preprocessing& steps, ModelSpec architecture,
                    bool at_uri = false) {
  const ModelSpec spec{.architecture = at_uri ? "" : architecture.architecture};
  const auto settled = settle_tokens(steps, spec, architecture);
  if (settled) return "no error";
  static const std::regex kBound("preprocessing\\.steps");
  return std::regex_replace(settled.error().message(), kBound, "spec.training.preprocess");
}

const ModelSpec kOfTokens{.architecture = "transformer", .vocabulary_size = 4};

TEST(TextTokens, GiveATransformerItsPaddingIfNothingElseIsSaid) {
  const auto padding = [](const model::Preprocessing& steps, ModelSpec architecture) {
    EXPECT_TRUE(settle_tokens(steps, {.architecture = ""}, architecture));
    return architecture.padding_token;
  };
  EXPECT_EQ(padding(steps_of(kOfA, {"a"}), kOfTokens), 3);
  EXPECT_EQ(padding({}, kOfTokens), std::nullopt);
  EXPECT_EQ(padding(steps_of(kOfA, {"a"}), {.architecture = "torchscript"}), std::nullopt);
}

TEST(TextTokens, WithOtherPaddingThanTheVocabularysAreRefused) {
  auto padded = kOfTokens;
  padded.padding_token = 3;
  EXPECT_EQ(why_not(steps_of(kOfA, {"a"}), padded), "no error");
  padded.padding_token = 0;
  EXPECT_EQ(
      why_not(steps_of(kOfA, {"a"}), padded),
      R"(spec.training.model.parameters.paddingToken is 0, but [PAD] of the vocabulary in spec.training.preprocess[0].tokenize.vocabulary.uri is 3; it must be that)");
  EXPECT_THAT(why_not(steps_of(kOfA, {"a"}), padded, true),
              testing::StartsWith("spec.training.model.uri: its paddingToken is 0, but [PAD] of"));
}

TEST(TextTokens, AreRefusedByNetworksThatTakeNoneOrFewerOrOthers) {
  const auto of_a = steps_of(kOfA, {"a"});
  EXPECT_EQ(
      why_not(of_a, {.architecture = "gpt", .vocabulary_size = 4}),
      R"(spec.training.model.architecture: gpt takes tokens of a byte-level vocabulary (.json), but spec.training.preprocess[0].tokenize makes those of WordPiece of texts; allowed are transformer, with parameters.vocabularySize, and torchscript)");
  EXPECT_THAT(why_not(of_a, {.architecture = "transformer"}),
              HasSubstr("architecture: transformer takes numbers, but"));
  EXPECT_THAT(why_not(of_a, {.architecture = "resnet"}, true),
              testing::StartsWith("spec.training.model.uri: resnet takes numbers, but"));
  EXPECT_THAT(
      why_not(of_a, {.architecture = "transformer", .vocabulary_size = 3}, true),
      testing::StartsWith("spec.training.model.uri: its vocabularySize is 3, but the vocabulary"));
  EXPECT_EQ(why_not(of_a, {.architecture = "torchscript"}), "no error");
}

TEST(TextTokens, OfAByteLevelVocabularyAreTakenByGptAndPadItsEnds) {
  const auto of_bytes = [](const char* samples, std::vector<std::string> columns,
                           const std::vector<std::string>& of_texts = {"a"}) {
    const base::Json step{{"columns", of_texts},
                          {"maxLength", 4},
                          {"samples", samples},
                          {"tokens", text::byte_pairs_of({}).tokens},
                          {"merges", base::Json::array()}};
    return steps_of(base::dump({{"tokenize", step}}), std::move(columns));
  };
  ModelSpec gpt{.architecture = "gpt", .vocabulary_size = 300};
  ASSERT_TRUE(settle_tokens(of_bytes("Padded", {"a"}), {.architecture = "gpt"}, gpt));
  EXPECT_EQ(gpt.padding_token, 256);
  gpt.padding_token = 7;
  EXPECT_THAT(why_not(of_bytes("Padded", {"a"}), gpt),
              HasSubstr("parameters.paddingToken is 7, but <|endoftext|> of the vocabulary in"));
  EXPECT_EQ(
      why_not(of_bytes("Padded", {"a"}), {.architecture = "transformer", .vocabulary_size = 300}),
      R"(spec.training.model.architecture: transformer takes tokens of WordPiece, but spec.training.preprocess[0].tokenize makes those of a byte-level vocabulary of texts; allowed are gpt and torchscript)");
  gpt.padding_token.reset();
  EXPECT_EQ(why_not(of_bytes("Packed", {"a"}), gpt), "no error");
  EXPECT_EQ(
      why_not(of_bytes("Padded", {"a", "b"}, {"a", "b"}), gpt),
      R"(spec.training.data.features: gpt learns the texts of one column, found 2; allowed is the name of one)");
}

TEST(TextTokens, AreOfOneVocabularyAndOfAllColumns) {
  const auto steps = [](const char* more) {
    return steps_of(std::string(kOfA) + "," + more, {"a", "b"});
  };
  EXPECT_EQ(why_not(steps(kOfB), kOfTokens), "no error");
  EXPECT_EQ(
      why_not(steps(kOther), kOfTokens),
      R"(spec.training.preprocess[1].tokenize.vocabulary.uri is another vocabulary than spec.training.preprocess[0].tokenize.vocabulary.uri; the network has one, which both must name)");
  const std::string beside =
      R"(spec.training.data.features: column "b" is not tokenized, and would be read as tokens; allowed are columns of spec.training.preprocess[0].tokenize.columns alone)";
  EXPECT_EQ(why_not(steps(kHash), kOfTokens), beside);
  EXPECT_EQ(why_not(steps_of(kOfA, {"a", "b"}), kOfTokens), beside);
  EXPECT_EQ(why_not(steps_of(kOfA, {"a", "b"}), {.architecture = "torchscript"}), "no error");
}

}  // namespace
}  // namespace cresset::train::text_tokens_test
