// Networks that are a user's TorchScript module, and weights that come out of one.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>

#include <cstring>
#include <filesystem>

#include "operator/base/digest.h"
#include "tests/unit/worker/model/networks/script.h"
#include "worker/data/store.h"
#include "worker/model/card.h"
#include "worker/model/start.h"

namespace cresset::model::start_script_test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using worker_contract::ModelSpec;

class StartScript : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    at::manual_seed(7);
    script_ = networks::saved(networks::small_script(2, 3));
    ASSERT_TRUE(store_.write(file_, script_));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ModelSpec spec(const std::string& head_layer = "") const {
    return {.architecture = "torchscript", .head_layer = head_layer, .uri = file_};
  }
  base::Result<Started> start(const ModelSpec& spec, int64_t classes = 3) {
    return start_network(store_, spec, {2}, classes, 2);
  }
  std::string error_of(const ModelSpec& spec, int64_t classes = 3) {
    const auto started = start(spec, classes);
    return started ? "no error" : started.error().message();
  }
  // The directory of a model of this network.
  std::string written(const Started& started, int64_t classes) {
    ModelCard card;
    card.architecture = started.architecture;
    card.preprocessing = Preprocessing::bind({}, {"x", "y"}, "").value();
    card.classes = {.integers = true, .numbers = {}, .texts = {}};
    for (int64_t i = 0; i < classes; ++i) card.classes.numbers.push_back(i);
    auto files = files_of(*started.network);
    files.emplace(kModelFile, encode(card).dump());
    EXPECT_TRUE(write_directory(store_, directory_, files));
    return directory_;
  }

  const std::string folder_ = testing::TempDir() + "start_script_" +
                              testing::UnitTest::GetInstance()->current_test_info()->name();
  const std::string directory_ = "file://" + folder_ + "/1";
  const std::string file_ = "file://" + folder_ + "/net.pt";
  data::Store store_{{}, {}};
  std::string script_;
};

TEST_F(StartScript, ItsWeightsAreThoseOfTheFileAndItsOriginIsTold) {
  const auto started = start(spec());
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(started->origin, (Origin{file_, "sha256:" + base::sha256(script_), ""}));
  EXPECT_EQ(started->architecture, (ModelSpec{.architecture = "torchscript"}));
  EXPECT_FALSE(started->network->code().empty());
}

TEST_F(StartScript, ItsHeadBeginsAnewForOtherClassesOrWhenItIsTo) {
  const auto same = start(spec("fc")), other = start(spec("fc"), 5);
  ASSERT_TRUE(same) << same.error().message();
  EXPECT_EQ(same->origin.new_head, "");
  EXPECT_EQ(save_weights(*same->network), save_weights(*start(spec())->network));
  ASSERT_TRUE(other) << other.error().message();
  EXPECT_EQ(other->origin.new_head, "fc");
  ModelSpec fresh = spec("fc");
  fresh.head = "New";
  EXPECT_EQ(start(fresh)->origin.new_head, "fc");
  fresh.head_layer = "";
  EXPECT_EQ(error_of(fresh),
            "spec.training.model.uri: " + file_ +
                ": spec.training.model.head is New, but torchscript has no layer that is made for "
                "the classes; spec.training.model.parameters.headLayer names one");
}

TEST_F(StartScript, WhatIsFrozenIsNamedAsInPython) {
  ModelSpec frozen = spec("fc");
  frozen.freeze = {"body.*", "norm.*"};
  const auto started = start(frozen, 5);
  ASSERT_TRUE(started) << started.error().message();
  auto& network = *started->network;
  EXPECT_THAT(network.names(), ElementsAre("fc.weight", "fc.bias"));
  const auto before = save_weights(network);
  network.set_training(true);
  network.forward(at::randn({6, 2})).sum().backward();
  EXPECT_EQ(save_weights(network), before) << "the statistics of a frozen norm stay";
  frozen.freeze = {"stem.*"};
  EXPECT_THAT(error_of(frozen), HasSubstr("spec.training.model.freeze[0]: \"stem.*\" matches no "));
}

TEST_F(StartScript, ADirectoryOfItsModelAndACheckpointsCodeMakeItAgain) {
  const auto first = start(spec("fc"), 5);
  ASSERT_TRUE(first) << first.error().message();
  const auto uri = written(*first, 5);
  const auto again = start({.architecture = "", .uri = uri}, 5);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(files_of(*again->network), files_of(*first->network));
  EXPECT_EQ(again->architecture, first->architecture);
  const auto more = start({.architecture = "", .uri = uri}, 6);
  ASSERT_TRUE(more) << more.error().message();
  EXPECT_EQ(more->origin.new_head, "fc");
  auto resumed = resume_network(spec("fc"), first->architecture, first->origin, {2}, 5, 2,
                                first->network->code());
  ASSERT_TRUE(resumed) << resumed.error().message();
  ASSERT_TRUE(load_weights(*resumed->network, save_weights(*first->network)));
  EXPECT_EQ(files_of(*resumed->network), files_of(*first->network));
}

TEST_F(StartScript, ABuiltInNetworkTakesTheWeightsOfOneToo) {
  ModelSpec mlp{.architecture = "mlp", .hidden = {8}, .uri = file_};
  mlp.rename = {{"body.", "0."}, {"fc.", "2."}};
  const auto started = start(mlp);
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(started->network->code(), "");
  at::NoGradGuard no_grad;
  auto module = start(spec())->network->state().front();
  EXPECT_TRUE(started->network->state().front().equal(module));
}

TEST_F(StartScript, WhatIsNoModuleIsNamedWithItsPlace) {
  ASSERT_TRUE(store_.write(file_, script_.substr(0, 500)));
  EXPECT_THAT(error_of(spec()), HasSubstr("spec.training.model.uri: " + file_ +
                                          ": no TorchScript module: not readable as zip: "));
  const auto started = resume_network(spec(), {.architecture = "torchscript"}, {}, {2}, 3, 2);
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message(), HasSubstr("no TorchScript module"));
}

TEST_F(StartScript, TheCodeOfAModelWithoutItsWeightsIsNamedAsSuch) {
  const auto first = start(spec());
  ASSERT_TRUE(first) << first.error().message();
  ASSERT_TRUE(store_.write(file_, first->network->code()));
  EXPECT_EQ(
      error_of(spec()),
      "spec.training.model.uri: " + file_ +
          R"(: it holds the code of a model and no weights; allowed is the directory it lies in)");
}

// Serving.

TEST_F(StartScript, AModelOfItIsServedAsItWasWritten) {
  const auto started = start(spec("fc"), 5);
  ASSERT_TRUE(started) << started.error().message();
  const auto model = load_model(store_, written(*started, 5), "");
  ASSERT_TRUE(model) << model.error().message();
  const auto samples = at::tensor({0.5F, -1.0F, 2.0F, 0.25F}).view({2, 2});
  HostTensor rows{"input", Datatype::kFp32, {2, 2}, {}};
  const auto* bytes = static_cast<const std::byte*>(samples.const_data_ptr());
  rows.bytes.assign(bytes, bytes + samples.nbytes());
  const auto out = (*model)->run({rows});
  ASSERT_TRUE(out) << out.error().message();
  at::NoGradGuard no_grad;
  started->network->set_training(false);
  const auto wanted = at::softmax(started->network->forward(samples), 1).contiguous();
  const auto found = at::from_blob(const_cast<std::byte*>((*out)[0].bytes.data()), {2, 5});
  EXPECT_TRUE(found.allclose(wanted, 1e-5, 1e-6));
}

TEST_F(StartScript, AModelWithoutItsCodeIsNotServed) {
  const auto started = start(spec());
  const auto uri = written(*started, 3);
  auto files = read_directory(store_, uri)->files;
  files.erase(kNetworkFile);
  ASSERT_TRUE(write_directory(store_, uri, files));
  EXPECT_EQ(load_model(store_, uri, "").error().message(),
            uri + ": the manifest names no network.pt");
}

HostTensor row(float value) {
  HostTensor row{"input", Datatype::kFp32, {1, 2}, std::vector<std::byte>(2 * sizeof(float))};
  std::memcpy(row.bytes.data(), &value, sizeof(value));
  return row;
}

TEST_F(StartScript, AValueThatTheModuleCannotTakeIsAnErrorOfItsRows) {
  auto picky = networks::script_of(
      "  x = x + torch.unsqueeze(torch.select(x, 1, int(torch.max(x))), 1)\n"
      "  return self.fc.forward(x)\n");
  ASSERT_TRUE(store_.write(file_, networks::saved(picky)));
  const auto started = start(spec());
  ASSERT_TRUE(started) << started.error().message();
  const auto model = load_model(store_, written(*started, 3), "");
  ASSERT_TRUE(model) << model.error().message();
  const auto good = row(1), bad = row(2);
  HostTensor both{"input", Datatype::kFp32, {2, 2}, good.bytes};
  both.bytes.insert(both.bytes.end(), bad.bytes.begin(), bad.bytes.end());
  const auto together = (*model)->run({both});
  ASSERT_FALSE(together);
  EXPECT_TRUE(base::is_invalid(together.error())) << "so that each is run by itself";
  ASSERT_TRUE((*model)->run({good}));
  const auto failed = (*model)->run({bad});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(),
              AllOf(HasSubstr("the TorchScript module fails on 1 samples of shape [2]: "),
                    HasSubstr("out of range"), testing::Not(HasSubstr("spec.training"))));
}

}  // namespace
}  // namespace cresset::model::start_script_test
