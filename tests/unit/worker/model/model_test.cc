#include "worker/model/model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <span>

#include "worker/data/store.h"
#include "worker/model/card.h"
#include "worker/model/format.h"
#include "worker/model/model_directory.h"
#include "worker/model/network.h"

namespace cresset::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;

HostTensor rows_of(const std::vector<float>& values, std::vector<int64_t> shape) {
  HostTensor tensor{"input", Datatype::kFp32, std::move(shape), {}};
  const auto bytes = std::as_bytes(std::span(values));
  tensor.bytes.assign(bytes.begin(), bytes.end());
  return tensor;
}

template <typename T>
std::vector<T> values_of(const HostTensor& tensor) {
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

class Models : public testing::Test {
 protected:
  void SetUp() override {
    card_.architecture = {.architecture = "mlp", .hidden = {4}};
    card_.preprocessing =
        Preprocessing::bind({worker_contract::StandardizeStep{.columns = {"*"}}}, {"x", "y"}, "")
            .value();
    const std::vector<float> training{10, 100, 20, 200};
    Summaries moments({false, false});
    moments.add(training.data(), 2);
    ASSERT_TRUE(card_.preprocessing.fit(moments));
    card_.classes = {.integers = true, .numbers = {3, 7, 9}, .texts = {}};
    network_ = build_network(card_.architecture, {2}, 3, 5).value();
    network_->set_training(false);
    digest_ = write_model();
  }
  // The card and the network as they are now; the digest of the directory.
  std::string write_model() {
    std::filesystem::remove_all(folder_);
    return write_directory(
               store_, uri_,
               {{kModelFile, encode(card_).dump()}, {kWeightsFile, save_weights(*network_)}})
        .value();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  const std::string folder_ =
      testing::TempDir() + "model_" + testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string uri_ = "file://" + folder_;
  data::Store store_{{}, {}};
  ModelCard card_;
  std::unique_ptr<Network> network_;
  std::string digest_;
};

TEST_F(Models, AnswersRawRowsThroughTheStoredStatistics) {
  const auto model = load_model(store_, uri_, digest_);
  ASSERT_TRUE(model) << model.error().message();
  const auto out = (*model)->run({rows_of({20, 100, 10, 200}, {2, 2})});
  ASSERT_TRUE(out) << out.error().message();
  at::NoGradGuard no_grad;
  const auto logits = network_->forward(at::tensor({1.0F, -1.0F, -1.0F, 1.0F}).view({2, 2}));
  const auto wanted = at::softmax(logits, 1);
  const auto probabilities = values_of<float>((*out)[0]);
  const auto labels = values_of<int64_t>((*out)[1]);
  ASSERT_EQ(probabilities.size(), 6U);
  ASSERT_EQ(labels.size(), 2U);
  for (int64_t i = 0; i < 6; ++i)
    EXPECT_NEAR(probabilities[static_cast<size_t>(i)], wanted.view({6})[i].item<float>(), 1e-6);
  for (int64_t row = 0; row < 2; ++row)
    EXPECT_EQ(labels[static_cast<size_t>(row)],
              card_.classes.numbers[static_cast<size_t>(logits[row].argmax().item<int64_t>())]);
}

TEST_F(Models, AnswersNumbersInTheUnitsOfTheirLabels) {
  card_.goal = "Regression";
  card_.targets = {{.name = "a", .mean = 5, .deviation = 2},
                   {.name = "b", .mean = -1, .deviation = 0.5},
                   {.name = "c"}};
  const auto model = load_model(store_, uri_, write_model());
  ASSERT_TRUE(model) << model.error().message();
  const auto out = (*model)->run({rows_of({20, 100, 10, 200}, {2, 2})});
  ASSERT_TRUE(out) << out.error().message();
  ASSERT_EQ(out->size(), 1U);
  EXPECT_EQ((*out)[0].name, "value");
  at::NoGradGuard no_grad;
  const auto wanted = network_->forward(at::tensor({1.0F, -1.0F, -1.0F, 1.0F}).view({2, 2})) *
                          at::tensor({2.0F, 0.5F, 1.0F}) +
                      at::tensor({5.0F, -1.0F, 0.0F});
  const auto values = values_of<float>((*out)[0]);
  ASSERT_EQ(values.size(), 6U);
  for (int64_t i = 0; i < 6; ++i)
    EXPECT_NEAR(values[static_cast<size_t>(i)], wanted.reshape({6})[i].item<float>(), 1e-5);
}

TEST_F(Models, AnswersAProbabilityOfEachLabelThatMayHold) {
  card_.goal = "MultiLabel";
  card_.targets = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
  const auto model = load_model(store_, uri_, write_model());
  ASSERT_TRUE(model) << model.error().message();
  const auto out = (*model)->run({rows_of({20, 100}, {1, 2})});
  ASSERT_TRUE(out) << out.error().message();
  ASSERT_EQ(out->size(), 1U);
  EXPECT_EQ((*out)[0].name, "probabilities");
  at::NoGradGuard no_grad;
  const auto wanted = network_->forward(at::tensor({1.0F, -1.0F}).view({1, 2})).sigmoid();
  const auto values = values_of<float>((*out)[0]);
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_NEAR(values[static_cast<size_t>(i)], wanted.reshape({3})[i].item<float>(), 1e-6);
}

TEST_F(Models, ARowsAnswerDoesNotDependOnItsBatch) {
  const auto model = load_model(store_, uri_, digest_).value();
  const auto both = model->run({rows_of({20, 100, 10, 200}, {2, 2})}).value();
  const auto one = model->run({rows_of({10, 200}, {1, 2})}).value();
  const auto of_both = values_of<float>(both[0]), of_one = values_of<float>(one[0]);
  for (size_t c = 0; c < 3; ++c) EXPECT_NEAR(of_both[3 + c], of_one[c], 1e-6);
}

TEST_F(Models, WrongInputsAreNamedWithWhatIsAllowed) {
  const auto model = load_model(store_, uri_, digest_).value();
  const auto why = [&](const std::vector<HostTensor>& inputs) {
    const auto out = model->run(inputs);
    return out ? std::string("no error") : out.error().message();
  };
  auto renamed = rows_of({1, 2}, {1, 2});
  renamed.name = "pixels";
  EXPECT_THAT(why({renamed}), AllOf(HasSubstr("pixels"), HasSubstr("\"input\"")));
  auto retyped = rows_of({1, 2}, {1, 1});
  retyped.datatype = Datatype::kInt64;
  EXPECT_THAT(why({retyped}), AllOf(HasSubstr("INT64"), HasSubstr("FP32")));
  EXPECT_THAT(why({rows_of({1, 2, 3}, {1, 3})}),
              AllOf(HasSubstr("[1, 3]"), HasSubstr("[rows, 2]")));
  EXPECT_THAT(why({rows_of({}, {0, 2})}), HasSubstr("[0, 2]"));
  EXPECT_THAT(why({rows_of({1, 2, 3}, {2, 2})}), AllOf(HasSubstr("12 bytes"), HasSubstr("16")));
  EXPECT_THAT(why({}), HasSubstr("found 0 inputs"));
  EXPECT_THAT(why({rows_of({NAN, 2}, {1, 2})}), AllOf(HasSubstr("row 0"), HasSubstr("\"x\"")));
}

TEST_F(Models, TheFormatIsTheOneThatModelJsonNames) {
  const auto with_format = [this](const base::Json& format) {
    auto card = encode(card_);
    EXPECT_EQ(card["format"], formats().front().name);
    if (format.is_null())
      card.erase("format");
    else
      card["format"] = format;
    EXPECT_TRUE(write_directory(
        store_, uri_, {{kModelFile, card.dump()}, {kWeightsFile, save_weights(*network_)}}));
    const auto model = load_model(store_, uri_, "");
    return model ? std::string("loaded") : model.error().message();
  };
  EXPECT_EQ(with_format("builtin"), "loaded");
  EXPECT_EQ(with_format(nullptr), "loaded") << "models had no format once";
  for (const base::Json& unknown : {base::Json("onnx"), base::Json(1)})
    EXPECT_EQ(with_format(unknown),
              uri_ + "/model.json: format is " + unknown.dump() + ", allowed are: builtin");
}

TEST_F(Models, AFileThatTheFormatWantsAndTheManifestLacksIsNamed) {
  ASSERT_TRUE(write_directory(store_, uri_, {{kModelFile, encode(card_).dump()}}));
  EXPECT_EQ(load_model(store_, uri_, "").error().message(),
            uri_ + ": the manifest names no weights.safetensors");
  ASSERT_TRUE(write_directory(store_, uri_, {{kWeightsFile, save_weights(*network_)}}));
  EXPECT_EQ(load_model(store_, uri_, "").error().message(),
            uri_ + ": the manifest names no model.json");
}

TEST_F(Models, WeightsOfAnotherShapeAreRefused) {
  const auto other = build_network({.architecture = "mlp", .hidden = {5}}, {2}, 3, 0).value();
  ASSERT_TRUE(write_directory(
      store_, uri_, {{kModelFile, encode(card_).dump()}, {kWeightsFile, save_weights(*other)}}));
  const auto model = load_model(store_, uri_, "");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(),
              AllOf(HasSubstr("weights.safetensors"), HasSubstr("0.weight")));
}

// A model of one column each for `values`, of an architecture with random weights.
class Architectures : public Models {
 protected:
  void SetUp() override {}

  std::unique_ptr<Model> served(const worker_contract::ModelSpec& spec, std::vector<int64_t> shape,
                                int64_t classes) {
    std::vector<std::string> columns;
    for (int64_t i = 0; i < c10::multiply_integers(shape); ++i)
      columns.push_back("c" + std::to_string(i));
    card_.architecture = spec;
    card_.preprocessing =
        shape.size() > 1
            ? Preprocessing::bind({worker_contract::ReshapeStep{shape}}, columns, "").value()
            : Preprocessing::bind({}, columns, "").value();
    card_.classes = {.integers = true, .numbers = {}, .texts = {}};
    for (int64_t i = 0; i < classes; ++i) card_.classes.numbers.push_back(i);
    network_ = build_network(spec, shape, classes, 5).value();
    shape.insert(shape.begin(), 2);
    network_->forward(at::ones(shape));  // statistics other than those of a new one
    EXPECT_TRUE(write_directory(
        store_, uri_,
        {{kModelFile, encode(card_).dump()}, {kWeightsFile, save_weights(*network_)}}));
    auto model = load_model(store_, uri_, "");
    EXPECT_TRUE(model) << model.error().message();
    network_->set_training(false);
    return std::move(*model);
  }
};

TEST_F(Architectures, AResnetIsServedWithTheStatisticsOfItsTraining) {
  const auto model = served({.architecture = "resnet", .width = 4}, {1, 9, 9}, 3);
  std::vector<float> image(81, 0.25F);
  const auto out = model->run({rows_of(image, {1, 81})});
  ASSERT_TRUE(out) << out.error().message();
  at::NoGradGuard no_grad;
  const auto wanted = at::softmax(network_->forward(at::full({1, 1, 9, 9}, 0.25)), 1);
  const auto found = values_of<float>((*out)[0]);
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_NEAR(found[static_cast<size_t>(i)], wanted[0][i].item<float>(), 1e-6);
}

TEST_F(Architectures, AGptWhoseClassesAreNotItsTokensIsNotServed) {
  served({.architecture = "gpt",
          .width = 8,
          .layers = 1,
          .heads = 2,
          .feed_forward = 16,
          .vocabulary_size = 6},
         {4}, 6);
  const auto more = [](int64_t count) {
    std::vector<int64_t> numbers(static_cast<size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return data::Classes{.integers = true, .numbers = numbers, .texts = {}};
  };
  const data::Classes texts{.integers = false, .texts = {"a", "b", "c", "d", "e", "f"}};
  for (const auto& classes : {more(5), more(60000), texts}) {
    card_.classes = classes;
    const std::string card = encode(card_).dump();
    ASSERT_TRUE(write_directory(store_, uri_,
                                {{kModelFile, card}, {kWeightsFile, save_weights(*network_)}}));
    const auto model = load_model(store_, uri_, "");
    ASSERT_FALSE(model);
    EXPECT_THAT(model.error().message(), HasSubstr("model.json.classes must be the 6 tokens"));
  }
}

TEST_F(Architectures, AGptAnswersWithTheTokenAfterTheSequence) {
  const auto model = served({.architecture = "gpt",
                             .width = 8,
                             .layers = 1,
                             .heads = 2,
                             .feed_forward = 16,
                             .vocabulary_size = 6},
                            {4}, 6);
  const auto out = model->run({rows_of({1, 2, 3, 5}, {1, 4})});
  ASSERT_TRUE(out) << out.error().message();
  at::NoGradGuard no_grad;
  const auto logits = network_->forward(at::tensor({1.0F, 2.0F, 3.0F, 5.0F}).view({1, 4}));
  EXPECT_EQ((*out)[0].shape, (std::vector<int64_t>{1, 6}));
  EXPECT_EQ(values_of<int64_t>((*out)[1]).front(), logits[0][3].argmax().item<int64_t>());
  const auto beyond = model->run({rows_of({1, 2, 3, 6}, {1, 4})});
  ASSERT_FALSE(beyond);
  EXPECT_TRUE(base::is_invalid(beyond.error()));
  EXPECT_THAT(beyond.error().message(),
              AllOf(HasSubstr("input \"input\""), HasSubstr("place 3"), HasSubstr("0 to 5")));
}

}  // namespace
}  // namespace cresset::model
