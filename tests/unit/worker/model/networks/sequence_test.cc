// transformer and gpt: what they take and what they learn.
#include "worker/model/networks/sequence.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <torch/nn/module.h>

#include <cmath>

#include "tests/unit/worker/model/networks/networks.h"

namespace cresset::model::networks::sequence_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const base::Json kSmall{{"layers", 1}, {"width", 16}, {"heads", 2}};

base::Json with(base::Json parameters, const char* key, const base::Json& value) {
  parameters[key] = value;
  return parameters;
}

TEST(Tokens, AreTheNearestWholeNumbersAndInt64AsTheyAre) {
  EXPECT_TRUE(tokens_of(at::tensor({0.9F, 2.0F, 3.1F})).equal(at::tensor({1, 2, 3}, at::kLong)));
  EXPECT_TRUE(tokens_of(at::tensor({4, 5}, at::kLong)).equal(at::tensor({4, 5}, at::kLong)));
}

TEST(Tokens, ThatAreNoneOfTheVocabularyAreNamedWithTheirPlace) {
  EXPECT_TRUE(check_tokens(at::tensor({0.0F, 9.4F}).view({1, 2}), 10));
  EXPECT_TRUE(check_tokens(at::tensor({0, 9}, at::kLong).view({1, 2}), 10));
  const auto why = [](const at::Tensor& samples) {
    return check_tokens(samples, 10).error().message();
  };
  EXPECT_THAT(why(at::tensor({1.0F, 2.0F, 3.0F, 10.0F}).view({2, 2})),
              AllOf(HasSubstr("row 1"), HasSubstr("place 1"), HasSubstr("10.0"),
                    HasSubstr("0 to 9"), HasSubstr("vocabularySize is 10")));
  EXPECT_THAT(why(at::tensor({-1.0F}).view({1, 1})), HasSubstr("-1.0"));
  EXPECT_THAT(why(at::tensor({NAN}).view({1, 1})), HasSubstr("nan"));
  EXPECT_THAT(why(at::tensor({1, 10}, at::kLong).view({1, 2})), HasSubstr("place 1"));
}

TEST(Transformer, ChecksTokensOnlyWhereThereAreAny) {
  EXPECT_FALSE(build(spec_of("transformer", kSmall), {{4, 3}, 2})->check);
  const auto layers = build(spec_of("transformer", with(kSmall, "vocabularySize", 8)), {{4}, 2});
  EXPECT_FALSE(layers->check(at::full({1, 4}, 8)));
}

TEST(Sequences, OfAWrongShapeAreNamed) {
  EXPECT_THAT(
      error_of("transformer", kSmall, {{6}, 2}),
      AllOf(HasSubstr("spec.training.model.architecture: transformer"),
            HasSubstr("[length, features]"), HasSubstr("found [6]"), HasSubstr("vocabularySize")));
  EXPECT_THAT(error_of("transformer", with(kSmall, "vocabularySize", 8), {{6, 2}, 2}),
              AllOf(HasSubstr("[length], tokens"), HasSubstr("found [6, 2]")));
  EXPECT_THAT(error_of("gpt", kSmall, {{1, 6}, 2}), HasSubstr("found [1, 6]"));
}

TEST(Sequences, LongerThanThePositionsAreRefusedAndShorterOnesAreNot) {
  EXPECT_THAT(error_of("gpt", with(kSmall, "maxLength", 5), {{6}, 2}),
              AllOf(HasSubstr("maxLength is 5"), HasSubstr("length 6")));
  const auto layers = build(spec_of("gpt", with(kSmall, "maxLength", 5)), {{4}, 2});
  ASSERT_TRUE(layers) << layers.error().message();
  EXPECT_EQ(layers->forward(at::zeros({1, 4})).sizes().vec(), (std::vector<int64_t>{1, 4, 256}));
}

// Without a way between the places, the first one's class depends on the first one alone.
TEST(Transformer, FirstClassifiesByTheFirstPlaceAndMeanByAll) {
  for (const bool first : {true, false}) {
    at::manual_seed(4);
    const auto layers = build(
        spec_of("transformer", with(kSmall, "pooling", first ? "First" : "Mean")), {{4, 3}, 2});
    at::NoGradGuard no_grad;
    layers->module->named_parameters()["encoder.layers.0.self_attn.out_proj.weight"].zero_();
    auto samples = at::randn({2, 4, 3});
    const auto before = layers->forward(samples);
    samples.select(1, 3) += 1;
    EXPECT_EQ(layers->forward(samples).equal(before), first);
  }
}

// By the Mean too: the same answer as without the places that are filled up.
TEST(Transformer, AnswersAsIfPaddingWereNotThere) {
  for (const char* pooling : {"Mean", "First"}) {
    at::manual_seed(4);
    auto parameters = with(with(kSmall, "vocabularySize", 8), "maxLength", 6);
    parameters["pooling"] = pooling;
    const auto layers =
        build(spec_of("transformer", with(parameters, "paddingToken", 7)), {{6}, 2});
    at::NoGradGuard no_grad;
    const auto filled = at::tensor({1, 2, 3, 7, 7, 7, 4, 5, 6, 1, 2, 3}, at::kLong).view({2, 6});
    const auto both = layers->forward(filled);
    const auto alone = layers->forward(filled.narrow(0, 0, 1).narrow(1, 0, 3));
    EXPECT_TRUE(both.narrow(0, 0, 1).allclose(alone, 1e-5, 1e-6)) << pooling;
    EXPECT_TRUE(both.narrow(0, 1, 1).allclose(layers->forward(filled.narrow(0, 1, 1)), 1e-5, 1e-6));
  }
}

TEST(Transformer, PaddingLearnsNothing) {
  at::manual_seed(4);
  const auto layers = build(
      spec_of("transformer", with(with(kSmall, "vocabularySize", 8), "paddingToken", 7)), {{4}, 2});
  layers->forward(at::tensor({1, 2, 7, 7}, at::kLong).view({1, 4})).sum().backward();
  const auto parameters = layers->module->named_parameters();
  EXPECT_EQ(parameters["embed.weight"].grad()[7].abs().max().item<float>(), 0);
  EXPECT_EQ(parameters["position.weight"].grad().narrow(0, 2, 2).abs().max().item<float>(), 0);
  EXPECT_GT(parameters["position.weight"].grad().narrow(0, 0, 2).abs().max().item<float>(), 0);
}

TEST(Transformer, ARowOfPaddingAloneIsNamed) {
  const auto layers = build(
      spec_of("transformer", with(with(kSmall, "vocabularySize", 8), "paddingToken", 7)), {{2}, 2});
  EXPECT_TRUE(layers->check(at::tensor({1, 7, 7, 1}, at::kLong).view({2, 2})));
  EXPECT_EQ(layers->check(at::tensor({1.0F, 7.0F, 7.0F, 7.0F}).view({2, 2})).error().message(),
            "row 1 has no other token than the padding, which is 7");
}

TEST(Gpt, APlaceSeesNoneOfThoseAfterIt) {
  at::manual_seed(4);
  const auto layers = build(spec_of("gpt", kSmall), {{6}, 2});
  auto samples = at::tensor({1, 2, 3, 4, 5, 6}, at::kLong).view({1, 6});
  const auto before = layers->forward(samples);
  samples[0][4] = 99;
  const auto after = layers->forward(samples);
  EXPECT_TRUE(after.narrow(1, 0, 4).equal(before.narrow(1, 0, 4)));
  EXPECT_FALSE(after.select(1, 4).allclose(before.select(1, 4)));
}

TEST(Gpt, DropoutIsOnInTrainingOnly) {
  const auto layers = build(spec_of("gpt", with(kSmall, "dropout", 0.5)), {{6}, 2});
  const auto samples = at::ones({1, 6});
  EXPECT_FALSE(layers->forward(samples).equal(layers->forward(samples)));
  layers->module->eval();
  EXPECT_TRUE(layers->forward(samples).equal(layers->forward(samples)));
}

// Six tokens, then the same six again: after the first half, each is known.
TEST(Gpt, LearnsToCopyAShortSequence) {
  at::manual_seed(5);
  const int64_t tokens = 8, half = 6;
  const auto layers = build(
      spec_of("gpt", {{"layers", 2}, {"width", 32}, {"heads", 4}, {"vocabularySize", tokens}}),
      {{2 * half - 1}, tokens});
  auto parameters = layers->module->parameters();
  std::vector<at::Tensor> means, squares, gradients;
  for (const auto& one : parameters) {
    means.push_back(at::zeros_like(one.detach()));
    squares.push_back(at::zeros_like(one.detach()));
  }
  auto steps = at::zeros({}, at::kFloat);
  double right = 0;
  for (int step = 0; step < 400 && right < 0.99; ++step) {
    const auto once = at::randint(tokens, {32, half});
    const auto all = at::cat({once, once}, 1);
    const auto logits = layers->forward(all.narrow(1, 0, 2 * half - 1)).narrow(1, half - 1, half);
    const auto loss = at::cross_entropy_loss(logits.transpose(1, 2), once);
    loss.backward();
    right = logits.argmax(2).eq(once).to(at::kDouble).mean().item<double>();
    at::NoGradGuard no_grad;
    gradients.clear();
    for (auto& one : parameters) gradients.push_back(one.grad());
    steps.add_(1);
    at::_fused_adamw_(parameters, gradients, means, squares, {},
                      std::vector<at::Tensor>(parameters.size(), steps), 0.005, 0.9, 0.99, 0, 1e-8,
                      false, false);
    for (auto& one : parameters) one.mutable_grad() = at::Tensor();
  }
  EXPECT_GE(right, 0.99);
}

}  // namespace
}  // namespace cresset::model::networks::sequence_test
