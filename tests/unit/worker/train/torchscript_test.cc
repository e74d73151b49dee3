// A user's TorchScript module through whole jobs of real processes.
#include <gmock/gmock.h>

#include "tests/unit/worker/model/networks/script.h"
#include "tests/unit/worker/train/group_of_workers.h"
#include "tests/unit/worker/train/weights.h"

namespace cresset::train::torchscript_test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class Module : public Workers {
 protected:
  void SetUp() override {
    Workers::SetUp();
    use(0.2);
  }
  void use(double dropout) {
    at::manual_seed(1);
    std::ofstream(folder_ + "/net.pt", std::ios::binary)
        << model::networks::saved(model::networks::small_script(2, 2, dropout));
    config_.training.model = {.architecture = "torchscript", .uri = uri("net.pt")};
  }
  model::Files files_of_model(int number) {
    const auto directory = model::read_directory(store_, uri("models/" + std::to_string(number)));
    EXPECT_TRUE(directory) << directory.error().message();
    return directory ? directory->files : model::Files();
  }
};

class ModuleAtRanks : public Module, public testing::WithParamInterface<int> {};

TEST_P(ModuleAtRanks, GoesOnFromACheckpointWithTheSameBitsAndWithoutItsFile) {
  config_.training.epochs = 4;
  config_.checkpoint->every_steps = 13;
  run(GetParam());
  const auto whole = files_of_model(1);
  EXPECT_TRUE(whole.contains("network.pt"));
  EXPECT_GT(last_progress().metrics.at("accuracy"), 0.7);
  forget_models();
  std::filesystem::remove(folder_ + "/net.pt");
  run(GetParam(), 2);
  EXPECT_EQ(last_progress().resumed_from_step, 13);
  EXPECT_EQ(files_of_model(1), whole);
}

TEST_P(ModuleAtRanks, TwiceTheSameJobGivesTheSameFiles) {
  config_.checkpoint.reset();
  run(GetParam());
  const auto once = files_of_model(1);
  forget_models();
  run(GetParam());
  EXPECT_EQ(files_of_model(1), once);
}

INSTANTIATE_TEST_SUITE_P(Ranks, ModuleAtRanks, testing::Values(1, 2, 3));

// The norm counts each process' own rows, as with DDP, so it is frozen here.
TEST_F(Module, AnyNumberOfRanksLearnsTheSame) {
  use(0);
  config_.checkpoint.reset();
  config_.uid = "";
  config_.training.model.freeze = {"norm.*"};
  config_.training.model.learning_rates = {{"body.*", 0.5}};
  run(1);
  run(2);
  run(3);
  EXPECT_LT(difference(weights_of(1), weights_of(2)), 1e-4F);
  EXPECT_LT(difference(weights_of(1), weights_of(3)), 1e-4F);
}

TEST_F(Module, LearnsInBfloat16AndInMicroBatches) {
  config_.checkpoint.reset();
  config_.training.precision = "bf16";
  config_.training.gradient.micro_batch_size = 7;
  run(2);
  EXPECT_GT(last_progress().metrics.at("accuracy"), 0.7);
}

TEST_F(Module, OneThatAnswersOtherThanItTriedEndsTheJobWithTheReason) {
  const auto of_two_rows =
      model::networks::script_of("  return self.fc.forward(torch.reshape(x, [2, 2]))[:, 0:2]\n");
  std::ofstream(folder_ + "/net.pt", std::ios::binary) << model::networks::saved(of_two_rows);
  start(1);
  EXPECT_EQ(wait(0), worker_contract::kExitBadInput);
  EXPECT_THAT(
      last_words(0).error,
      AllOf(HasSubstr("spec.training.model.uri: the TorchScript module fails on 19 samples "),
            HasSubstr("shape '[2, 2]' is invalid for input of size 38")));
}

// Rows with a value above 1 alone: now some ranks' batch has them, now all ranks', now nobody's.
TEST_F(Module, ALayerThatOnlySomeRowsGoThroughInTrainingIsLearntOnAnyNumberOfRanks) {
  auto net = model::networks::script_layer("Net", "");
  net.register_module("fc", model::networks::script_linear("Fc", 2, 2));
  net.register_module("late", model::networks::script_linear("Late", 2, 2));
  net.register_buffer("mask", at::ones({2}).to(at::kBool));
  net.define(
      "def forward(self, x):\n"
      "  y = self.fc.forward(x * self.mask)\n"
      "  far = torch.amax(torch.abs(x), 1) > 1.0\n"
      "  if self.training and bool(torch.any(far)):\n"
      "    y = y + torch.unsqueeze(far, 1) * self.late.forward(x)\n"
      "  return y\n");
  std::ofstream(folder_ + "/net.pt", std::ios::binary) << model::networks::saved(net);
  config_.checkpoint.reset();
  config_.uid = "";
  config_.training.batch_size = 3;
  run(1);
  run(2);
  run(3);
  EXPECT_LT(difference(weights_of(1), weights_of(2)), 1e-4F);
  EXPECT_LT(difference(weights_of(1), weights_of(3)), 1e-4F);
}

TEST_F(Module, ABatchThatNoParameterTookPartInIsPassedOver) {
  auto net = model::networks::script_layer("Net", "");
  net.register_module("fc", model::networks::script_linear("Fc", 2, 2));
  net.define(
      "def forward(self, x):\n"
      "  y = self.fc.forward(x)\n"
      "  if self.training and bool(torch.sum(x) > 0.0):\n"
      "    y = torch.detach(y)\n"
      "  return y\n");
  std::ofstream(folder_ + "/net.pt", std::ios::binary) << model::networks::saved(net);
  config_.checkpoint.reset();
  run(2);
  EXPECT_GT(last_progress().metrics.at("accuracy"), 0.5);
}

}  // namespace
}  // namespace cresset::train::torchscript_test
