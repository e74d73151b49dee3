// Whole sessions on a device that is not the CPU (other_device.h): what of a run meets the network
// is where the network is, and nothing of it is read by the host but by a copy.
#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include "tests/unit/worker/model/networks/script.h"
#include "tests/unit/worker/train/group_of_workers.h"
#include "tests/unit/worker/train/other_device.h"
#include "tests/unit/worker/train/weights.h"
#include "worker/model/model.h"
#include "worker/train/session.h"

namespace cresset::train::device_test {
namespace {

using testing::HasSubstr;

class OnOtherDevice : public Workers {
 protected:
  void SetUp() override {
    Workers::SetUp();
    config_.training.epochs = 2;
  }
  // `rows` of `columns` named c0, c1, … and `label`, of which there are three.
  void write_table(int rows, int columns, int most) {
    std::ofstream csv(folder_ + "/points.csv");
    std::mt19937 random(5);
    for (int c = 0; c < columns; ++c) csv << "c" << c << ",";
    csv << "label\n";
    for (int row = 0; row < rows; ++row) {
      for (int c = 0; c < columns; ++c) csv << random() % static_cast<unsigned>(most) << ",";
      csv << random() % 3 << "\n";
    }
    config_.training.data.label = "label";
  }
  base::Result<void> session(const c10::Device& device, int round = 1) {
    const RankContext context{.round = round};
    return Session(config_, context, device, base::silent()).run();
  }
  // The model's files but for the time it took.
  std::string trained_on(const c10::Device& device) {
    forget_models();
    forget_checkpoints();
    const auto done = session(device);
    EXPECT_TRUE(done) << done.error().message();
    return done ? weights_of(1) : "";
  }
  // Of attention and convolutions the CPU has kernels for some layouts, whose sums are in another
  // order. With adam, a gradient that is rounding alone would move its weight as any other.
  void expect_nearly_the_cpus() {
    config_.training.optimizer = {.name = "sgd", .learning_rate = 0.05};
    EXPECT_LT(difference(trained_on(kOtherDevice), trained_on(at::kCPU)), 1e-5);
  }
  void learn_with(const torch::jit::Module& module) {
    std::ofstream(folder_ + "/net.pt", std::ios::binary) << model::networks::saved(module);
    config_.training.model = {.architecture = "torchscript", .uri = uri("net.pt")};
  }
  void expect_the_cpus_bits() {
    const std::string there = trained_on(kOtherDevice);
    const auto card = card_of(1);
    EXPECT_EQ(there, trained_on(at::kCPU));
    EXPECT_EQ(card, card_of(1)) << "metrics";
  }
  std::string card_of(int number) {
    const auto directory = model::read_directory(store_, uri("models/" + std::to_string(number)));
    return directory ? directory->files.at(model::kModelFile) : directory.error().message();
  }
};

TEST_F(OnOtherDevice, EachOptimizerLearnsWhatItLearnsOnTheCpu) {
  for (const char* name : {"sgd", "adam", "adamw", "adagrad", "lamb"}) {
    SCOPED_TRACE(name);
    config_.training.optimizer.name = name;
    config_.training.optimizer.momentum = name == std::string("sgd") ? 0.9 : 0;
    expect_the_cpus_bits();
  }
}

TEST_F(OnOtherDevice, WhatHasAStateBesideTheWeightsDoesToo) {
  config_.training.averaging.decay = 0.9;
  config_.training.early_stopping = {.metric = "accuracy", .patience = 2};
  config_.training.gradient = {.clip_norm = 0.5, .micro_batch_size = 7};
  config_.training.class_weights = {.strategy = "Balanced"};
  config_.training.label_smoothing = 0.1;
  expect_the_cpus_bits();
}

TEST_F(OnOtherDevice, AModuleOfTorchScriptDoesToo) {
  at::manual_seed(1);
  learn_with(model::networks::small_script(2, 2, 0.2));
  expect_the_cpus_bits();
}

TEST_F(OnOtherDevice, AGradientIsClippedByValueAndTokensArePredicted) {
  write_table(60, 6, 5);
  config_.training.preprocess.clear();
  config_.training.data.label = "c5";
  config_.training.model = {.architecture = "gpt",
                            .dropout = 0.1,
                            .width = 8,
                            .layers = 2,
                            .heads = 2,
                            .feed_forward = 16,
                            .vocabulary_size = 5};
  config_.training.gradient = {.clip_value = 0.1};
  expect_nearly_the_cpus();
}

TEST_F(OnOtherDevice, SequencesWithPaddingAreClassified) {
  write_table(60, 6, 5);
  config_.training.preprocess.clear();
  config_.training.model = {.architecture = "transformer",
                            .dropout = 0.1,
                            .width = 8,
                            .layers = 2,
                            .heads = 2,
                            .feed_forward = 16,
                            .vocabulary_size = 5,
                            .padding_token = 0};
  expect_nearly_the_cpus();
}

class ImagesOnOtherDevice : public OnOtherDevice {
 protected:
  void SetUp() override {
    OnOtherDevice::SetUp();
    write_table(60, 81, 256);
    config_.training.preprocess.push_back(worker_contract::ReshapeStep{.shape = {1, 9, 9}});
  }
};

TEST_F(ImagesOnOtherDevice, AreChangedAtRandom) {
  config_.training.augment = {.horizontal_flip = 0.5, .vertical_flip = 0.5, .crop_padding = 2};
  config_.training.model = {.architecture = "mlp", .hidden = {8}};
  expect_the_cpus_bits();
}

TEST_F(ImagesOnOtherDevice, OfABatchThatIsComputedInPartsOnlyAPartIsThere) {
  config_.training.data.validation_fraction = 0;
  config_.training.model = {.architecture = "mlp", .hidden = {4}};
  const size_t row = 81 * sizeof(float);
  other_device::take_largest_block();
  trained_on(kOtherDevice);
  EXPECT_EQ(other_device::take_largest_block(), 19 * row);
  config_.training.gradient.micro_batch_size = 5;
  trained_on(kOtherDevice);
  EXPECT_EQ(other_device::take_largest_block(), 5 * row);
}

TEST_F(ImagesOnOtherDevice, GoThroughConvolutions) {
  config_.training.model = {.architecture = "cnn", .channels = {4}, .dropout = 0.5};
  expect_nearly_the_cpus();
}

TEST_F(ImagesOnOtherDevice, GoThroughBatchNormalization) {
  config_.training.model = {.architecture = "resnet", .width = 4};
  config_.training.epochs = 1;
  expect_nearly_the_cpus();
}

TEST_F(OnOtherDevice, NumbersAndFlagsAreToldByTheirOwnMetrics) {
  write_table(60, 4, 100);
  config_.training.goal = {.name = std::string(worker_contract::kRegression), .loss = "Huber"};
  config_.training.data.label = "c3";
  expect_the_cpus_bits();
  write_table(60, 4, 2);
  config_.training.goal = {.name = std::string(worker_contract::kMultiLabel)};
  config_.training.data.label = "";
  config_.training.data.labels = {"c2", "c3"};
  config_.training.data.features = {"c0", "c1"};
  config_.training.class_weights = {.strategy = "Balanced"};
  expect_the_cpus_bits();
}

TEST_F(OnOtherDevice, RowsAreStreamed) {
  config_.training.data.validation_fraction = 0;
  config_.training.data.streaming.shuffle_window = 30;
  expect_the_cpus_bits();
}

TEST_F(OnOtherDevice, ARunGoesOnFromItsCheckpointAndFromTheCpus) {
  config_.training.epochs = 4;
  config_.checkpoint->every_steps = 13;
  const std::string whole = trained_on(kOtherDevice);
  for (const auto& device : {kOtherDevice, c10::Device(at::kCPU)}) {
    forget_models();
    ASSERT_TRUE(session(device, 2));
    EXPECT_EQ(weights_of(1), whole);
  }
}

TEST_F(OnOtherDevice, WhyItDivergedIsToldAsOfTheCpu) {
  config_.training.optimizer = {.name = "sgd", .learning_rate = 1e30};
  config_.training.goal = {};
  const auto there = session(kOtherDevice), here = session(at::kCPU);
  ASSERT_FALSE(there);
  ASSERT_FALSE(here);
  EXPECT_EQ(there.error().message(), here.error().message());
  EXPECT_THAT(there.error().message(), HasSubstr("not finite"));
}

TEST_F(OnOtherDevice, AModelAnswersAsOnTheCpu) {
  trained_on(at::kCPU);
  const auto model = model::load_model(store_, uri("models/1"), "").value();
  const std::vector<model::HostTensor> inputs{
      {"input", model::Datatype::kFp32, {3, 2}, std::vector<std::byte>(3 * 2 * 4), {}}};
  const auto here = model->run(inputs);
  model->move_to(kOtherDevice);
  const auto there = model->run(inputs);
  ASSERT_TRUE(there) << there.error().message();
  ASSERT_EQ(there->size(), here->size());
  for (size_t i = 0; i < here->size(); ++i) EXPECT_EQ((*there)[i].bytes, (*here)[i].bytes);
}

// As a GPU's error comes out of the module: as any other of its own.
TEST_F(OnOtherDevice, AModelWhoseDeviceIsLostDoesNotSayThatItsRowsAreWrong) {
  learn_with(
      model::networks::script_of("  assert x.size(0) != 3, \"no three rows\"\n"
                                 "  return self.fc.forward(x)[:, 0:2]\n"));
  trained_on(at::kCPU);
  const auto model = model::load_model(store_, uri("models/1"), "").value();
  model->move_to(kOtherDevice);
  const std::vector<model::HostTensor> three{
      {"input", model::Datatype::kFp32, {3, 2}, std::vector<std::byte>(3 * 2 * 4), {}}};
  const auto wrong = model->run(three);
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(base::is_invalid(wrong.error())) << wrong.error().message();
  other_device::lose(true);
  const auto lost = model->run(three);
  other_device::lose(false);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().kind(), base::ErrorKind::kUnavailable);
  EXPECT_EQ(lost.error().message(), "hpu:0 is lost: device-side assert");
}

TEST(OtherDevice, RefusesTensorsOfTheCpu) {
  const auto tensor = at::zeros({2}, kOtherDevice);
  EXPECT_THROW(tensor.add(at::ones({2})), c10::Error);
  EXPECT_THROW(at::ones({2}).add_(tensor), c10::Error);
  EXPECT_EQ(tensor.add(1).sum().item<float>(), 2);
}

TEST(OtherDeviceDeathTest, ItsMemoryIsNotTheHosts) {
  const auto tensor = at::zeros({2}, kOtherDevice);
  EXPECT_DEATH(static_cast<void>(*static_cast<volatile float*>(tensor.mutable_data_ptr())), "");
}

}  // namespace
}  // namespace cresset::train::device_test
