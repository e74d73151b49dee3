#include "worker/model/start.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "worker/data/store.h"
#include "worker/model/model_directory.h"
#include "worker/model/tensors.h"

namespace cresset::model::start_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using worker_contract::ModelSpec;

constexpr int64_t kClasses = 3;
const std::vector<int64_t> kImage{1, 16, 16};

ModelSpec resnet() { return {.architecture = "resnet", .width = 4}; }

std::unique_ptr<Network> network_of(const ModelSpec& spec, uint64_t seed,
                                    int64_t classes = kClasses) {
  return build_network(spec, kImage, classes, seed).value();
}

at::Tensor tensor_of(const Network& network, const std::string& name) {
  const auto names = network.state_names();
  const auto found = std::find(names.begin(), names.end(), name);
  EXPECT_NE(found, names.end()) << name;
  return network.state()[static_cast<size_t>(found - names.begin())];
}

// A pretrained network and the places where it lies.
class Start : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    pretrained_ = network_of(resnet(), 1);
    pretrained_->forward(at::randn({4, 1, 16, 16}));  // statistics other than those of a new one
    ModelCard card;
    card.architecture = resnet();
    card.preprocessing = Preprocessing::bind({}, {"x"}, "").value();
    card.classes = {.integers = true, .numbers = {0, 1, 2}, .texts = {}};
    digest_ = write_directory(
                  store_, directory_,
                  {{kModelFile, encode(card).dump()}, {kWeightsFile, save_weights(*pretrained_)}})
                  .value();
    ASSERT_TRUE(store_.write(file_, save_weights(*pretrained_)));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  base::Result<Started> start(const ModelSpec& spec, int64_t classes = kClasses) {
    return start_network(store_, spec, kImage, classes, 2);
  }
  std::string error_of(const ModelSpec& spec, int64_t classes = kClasses) {
    const auto started = start(spec, classes);
    return started ? "no error" : started.error().message();
  }
  ModelSpec from_file() const {
    ModelSpec spec = resnet();
    spec.uri = file_;
    return spec;
  }

  const std::string folder_ =
      testing::TempDir() + "start_" + testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string directory_ = "file://" + folder_ + "/1";
  const std::string file_ = "file://" + folder_ + "/pretrained.safetensors";
  data::Store store_{{}, {}};
  std::unique_ptr<Network> pretrained_;
  std::string digest_;
};

TEST_F(Start, WithoutAUriTheSeedAloneDecides) {
  const auto started = start(resnet());
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(save_weights(*started->network), save_weights(*network_of(resnet(), 2)));
  EXPECT_EQ(started->origin, Origin{});
  EXPECT_EQ(started->architecture, resnet());
}

TEST_F(Start, AModelDirectorySaysItsArchitectureAndGivesAllItsWeights) {
  const auto started = start({.architecture = "", .uri = directory_});
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(save_weights(*started->network), save_weights(*pretrained_));
  EXPECT_EQ(started->architecture, resnet());
  EXPECT_EQ(started->origin, (Origin{directory_, digest_, ""}));
}

TEST_F(Start, AFileOfWeightsIsTakenByTheArchitectureThatTheSpecNames) {
  const auto started = start(from_file());
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(save_weights(*started->network), save_weights(*pretrained_));
  EXPECT_THAT(started->origin.digest, testing::StartsWith("sha256:"));
  EXPECT_EQ(started->architecture, resnet()) << "what model.json needs, and no more";
}

TEST_F(Start, WithOtherClassesTheHeadIsNewAndNamed) {
  const auto started = start(from_file(), 7);
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(started->origin.new_head, "fc");
  EXPECT_TRUE(
      tensor_of(*started->network, "conv1.weight").equal(tensor_of(*pretrained_, "conv1.weight")));
  EXPECT_TRUE(tensor_of(*started->network, "fc.weight")
                  .equal(tensor_of(*network_of(resnet(), 2, 7), "fc.weight")));
}

TEST_F(Start, AHeadThatFitsIsNewOnlyIfTheSpecSaysSo) {
  ModelSpec spec = from_file();
  EXPECT_EQ(start(spec)->origin.new_head, "");
  spec.head = "New";
  const auto started = start(spec);
  EXPECT_EQ(started->origin.new_head, "fc");
  EXPECT_TRUE(tensor_of(*started->network, "fc.weight")
                  .equal(tensor_of(*network_of(resnet(), 2), "fc.weight")));
  EXPECT_THAT(error_of({.architecture = "mlp", .hidden = {4}, .uri = file_, .head = "New"}),
              HasSubstr("1.weight"))
      << "every layer but the head must be there";
}

TEST_F(Start, NamesAreChangedByTheFirstPrefixThatFits) {
  std::vector<std::string> names;
  for (const auto& name : pretrained_->state_names())
    names.push_back(name.starts_with("fc.") ? "classifier." + name.substr(3) : "net." + name);
  ASSERT_TRUE(store_.write(file_, encode_tensors(names, pretrained_->state(), {})));
  ModelSpec spec = from_file();
  EXPECT_THAT(error_of(spec), AllOf(HasSubstr("spec.training.model.uri"), HasSubstr(file_),
                                    HasSubstr("\"conv1.weight\" is missing"),
                                    HasSubstr("net.conv1.weight"), HasSubstr("model.rename")));
  spec.rename = {{"net.", ""}, {"classifier.", "fc."}, {"class", "never."}};
  const auto started = start(spec);
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(save_weights(*started->network), save_weights(*pretrained_));
  spec.rename = {{"net.", ""}, {"classifier.", "conv1."}};
  EXPECT_THAT(
      error_of(spec),
      HasSubstr(
          R"(spec.training.model.rename gives both "net.conv1.weight" and "classifier.weight" the name "conv1.weight")"));
}

TEST_F(Start, OtherFloatsAreTakenAndWhatTheNetworkHasNoUseForIsNotLookedAt) {
  auto names = pretrained_->state_names();
  std::vector<at::Tensor> halves;
  for (const auto& tensor : pretrained_->state())
    halves.push_back(tensor.is_floating_point() ? tensor.to(at::kHalf) : tensor);
  names.push_back("mask");
  halves.push_back(at::zeros({2, 2}));
  ASSERT_TRUE(store_.write(file_, encode_tensors(names, halves, {})));
  const auto started = start(from_file());
  ASSERT_TRUE(started) << started.error().message();
  const auto weight = tensor_of(*started->network, "conv1.weight");
  EXPECT_EQ(weight.scalar_type(), at::kFloat);
  EXPECT_TRUE(weight.allclose(tensor_of(*pretrained_, "conv1.weight"), 1e-3, 1e-3));
}

TEST_F(Start, CountersOfBatchesMayBeMissingAsInOlderFiles) {
  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;
  for (size_t i = 0; i < pretrained_->state().size(); ++i) {
    if (pretrained_->state_names()[i].ends_with("num_batches_tracked")) continue;
    names.push_back(pretrained_->state_names()[i]);
    tensors.push_back(pretrained_->state()[i]);
  }
  ASSERT_TRUE(store_.write(file_, encode_tensors(names, tensors, {})));
  EXPECT_TRUE(start(from_file()));
}

TEST_F(Start, ATensorOfAnotherShapeIsNamedWithBothShapes) {
  ModelSpec spec = from_file();
  spec.width = 8;
  EXPECT_THAT(error_of(spec), AllOf(HasSubstr("conv1.weight"), HasSubstr("F32 [4, 1, 3, 3]"),
                                    HasSubstr("F32 [8, 1, 3, 3]")));
}

TEST_F(Start, WhatIsNotThereOrNoModelOfOursIsNamed) {
  EXPECT_THAT(error_of({.architecture = "", .uri = "file://" + folder_ + "/none"}),
              AllOf(HasSubstr("spec.training.model.uri"),
                    HasSubstr("none/manifest.json: it does not exist; check the path")));
  ASSERT_TRUE(write_directory(store_, directory_, {{kModelFile, R"({"format": "onnx"})"}}));
  EXPECT_THAT(error_of({.architecture = "", .uri = directory_}),
              HasSubstr("its format is onnx; a network starts from builtin alone"));
  ASSERT_TRUE(write_directory(store_, directory_, {{"readme", "x"}}));
  EXPECT_THAT(error_of({.architecture = "", .uri = directory_}), HasSubstr("no model.json"));
  ModelSpec named = resnet();
  named.uri = directory_;
  EXPECT_THAT(error_of(named), HasSubstr("no weights.safetensors"));
}

TEST_F(Start, GptHasNoHeadThatCouldBeNew) {
  const ModelSpec spec_of_gpt{.architecture = "gpt",
                              .width = 8,
                              .layers = 1,
                              .heads = 2,
                              .feed_forward = 8,
                              .vocabulary_size = 5};
  const auto gpt = build_network(spec_of_gpt, {4}, 5, 1).value();
  ModelCard card;
  card.architecture = spec_of_gpt;
  card.preprocessing = Preprocessing::bind({}, {"x"}, "").value();
  card.classes = {.integers = true, .numbers = {0, 1}, .texts = {}};
  ASSERT_TRUE(write_directory(
      store_, directory_, {{kModelFile, encode(card).dump()}, {kWeightsFile, save_weights(*gpt)}}));
  const auto started =
      start_network(store_, {.architecture = "", .uri = directory_, .head = "New"}, {4}, 5, 2);
  ASSERT_FALSE(started);
  EXPECT_THAT(
      started.error().message(),
      HasSubstr(
          R"(spec.training.model.head is New, but gpt has no layer that is made for the classes)"));
}

// Freezing.

TEST_F(Start, WhatIsFrozenHasNoGradientAndIsKeptAllTheSame) {
  ModelSpec spec = from_file();
  spec.freeze = {"conv1.*", "bn1.*", "layer?.*"};
  const auto started = start(spec);
  ASSERT_TRUE(started) << started.error().message();
  auto& network = *started->network;
  EXPECT_THAT(network.names(), ElementsAre("fc.weight", "fc.bias"));
  EXPECT_EQ(network.parameters().size(), 2U);
  EXPECT_EQ(network.state_names(), pretrained_->state_names());
  network.set_training(true);
  network.forward(at::randn({4, 1, 16, 16})).sum().backward();
  EXPECT_FALSE(tensor_of(network, "conv1.weight").grad().defined());
  EXPECT_TRUE(tensor_of(network, "fc.weight").grad().defined());
  EXPECT_EQ(save_weights(network), save_weights(*pretrained_)) << "nor do statistics change";
}

TEST_F(Start, ABatchNormThatIsLearntCountsWhileAFrozenOneDoesNot) {
  ModelSpec spec = from_file();
  spec.freeze = {"bn1.*"};
  const auto started = start(spec);
  auto& network = *started->network;
  network.set_training(true);
  network.forward(at::randn({4, 1, 16, 16}));
  const auto same = [&](const char* name) {
    return tensor_of(network, name).equal(tensor_of(*pretrained_, name));
  };
  EXPECT_TRUE(same("bn1.running_mean"));
  EXPECT_FALSE(same("layer1.0.bn1.running_mean"));
}

TEST_F(Start, AGlobThatMatchesNothingOrTheNewHeadOrEverythingIsNamed) {
  ModelSpec spec = from_file();
  spec.freeze = {"conv1.*", "backbone.*"};
  EXPECT_THAT(
      error_of(spec),
      HasSubstr(
          R"(spec.training.model.freeze[1]: "backbone.*" matches no parameter; the parameters are )"));
  spec.freeze = {"fc.*"};
  EXPECT_EQ(error_of(spec), "no error");
  EXPECT_EQ(
      error_of(spec, 7),
      R"(spec.training.model.freeze[0]: "fc.*" matches fc.weight, which begins anew and has to be learnt)");
  spec.freeze = {"*"};
  EXPECT_EQ(error_of(spec),
            "spec.training.model.freeze matches every parameter, and nothing is left to learn");
}

}  // namespace
}  // namespace cresset::model::start_test
