// The network of a user's: what is taken of it, and what is refused.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gmock/gmock.h>
#include <torch/nn/module.h>

#include <cmath>
#include <cstdlib>

#include "operator/base/file.h"
#include "operator/base/json.h"
#include "tests/unit/worker/model/networks/networks.h"
#include "tests/unit/worker/model/networks/script.h"
#include "worker/model/networks/module_failed.h"
#include "worker/model/networks/script_module.h"

namespace cresset::model::networks::torchscript_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const base::Json kNoHead = base::Json::object();
const base::Json kHead{{"headLayer", "fc"}};

base::Result<Layers> built(const std::string& script, int64_t classes = 3,
                           const base::Json& parameters = kNoHead,
                           std::vector<int64_t> sample = {2}) {
  at::manual_seed(4);
  return build(spec_of("torchscript", parameters),
               {.sample_shape = std::move(sample), .classes = classes, .script = script});
}

std::string why(const torch::jit::Module& module, int64_t classes = 3,
                const base::Json& parameters = kNoHead, std::vector<int64_t> sample = {2}) {
  const auto layers = built(saved(module), classes, parameters, std::move(sample));
  return layers ? "no error" : layers.error().message();
}

at::Tensor evaluated(const Layers& layers, const at::Tensor& samples) {
  at::NoGradGuard no_grad;
  layers.module->eval();
  return layers.forward(samples);
}

TEST(TorchScript, AnswersAsTheModuleDidWithItsOwnNames) {
  auto module = small_script(2, 3, 0.5);
  const auto layers = built(saved(module));
  ASSERT_TRUE(layers) << layers.error().message();
  EXPECT_THAT(
      layers->module->named_parameters().keys(),
      ElementsAre("body.weight", "body.bias", "norm.weight", "norm.bias", "fc.weight", "fc.bias"));
  EXPECT_THAT(layers->module->named_buffers().keys(),
              ElementsAre("norm.running_mean", "norm.running_var"));
  module.eval();
  const auto samples = at::randn({5, 2});
  EXPECT_TRUE(evaluated(*layers, samples).equal(module.forward({samples}).toTensor()));
}

// tests/bench/references/torchscript.py wrote both files.
TEST(TorchScript, AModuleThatPythonSavedAnswersWhatItAnsweredThere) {
  const char* root = std::getenv("CRESSET_SOURCE_DIR");
  ASSERT_NE(root, nullptr);
  const std::string files = std::string(root) + "/tests/unit/worker/model/networks/files/";
  const auto told = base::parse_json(base::read_file(files + "scripted.json").value()).value();
  const auto layers = built(base::read_file(files + "scripted.pt").value(), 4, kNoHead, {3, 8, 8});
  ASSERT_TRUE(layers) << layers.error().message();
  const auto tensor = [&](const char* name) {
    return at::tensor(told[name].get<std::vector<float>>());
  };
  const auto samples = tensor("samples").view({2, 3, 8, 8});
  EXPECT_TRUE(evaluated(*layers, samples).flatten().allclose(tensor("evaluated"), 1e-4, 1e-6));
  layers->module->train(true);
  EXPECT_TRUE(layers->forward(samples).flatten().allclose(tensor("trained"), 1e-4, 1e-6));
  EXPECT_TRUE(layers->module->named_buffers()["features.1.running_mean"].allclose(
      tensor("runningMean"), 1e-4, 1e-6));
}

TEST(TorchScript, ItsLayersAreInTrainingWhileTheNetworkIs) {
  const auto layers = built(saved(small_script(2, 3, 0.5))).value();
  const auto samples = at::randn({50, 2});
  layers.module->train(true);
  EXPECT_FALSE(layers.forward(samples).equal(layers.forward(samples))) << "dropout";
  const auto mean = layers.module->named_buffers()["norm.running_mean"];
  const auto before = mean.clone();
  evaluated(layers, samples);
  EXPECT_TRUE(mean.equal(before));
  layers.module->train(true);
  layers.forward(samples);
  EXPECT_FALSE(mean.equal(before)) << "batch norm counts";
}

TEST(TorchScript, ItsCodeIsKeptWithoutTheWeightsAndBuildsItAgain) {
  const auto first = built(saved(small_script(2000, 3)), 3, kNoHead, {2000}).value();
  EXPECT_LT(first.code.size(), 32'000U) << "16,000 weights of four bytes";
  const auto again = built(first.code, 3, kNoHead, {2000});
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->code, first.code);
  at::NoGradGuard no_grad;
  for (const auto& one : first.module->named_parameters())
    again->module->named_parameters()[one.key()].copy_(one.value());
  for (const auto& one : first.module->named_buffers())
    again->module->named_buffers()[one.key()].copy_(one.value());
  const auto samples = at::randn({5, 2000});
  EXPECT_TRUE(evaluated(*again, samples).equal(evaluated(first, samples)));
}

TEST(TorchScript, TheLayerOfTheClassesBeginsAnewWithAsManyAsThereAre) {
  const auto script = saved(small_script(2, 3));
  const auto layers = built(script, 7, kHead);
  ASSERT_TRUE(layers) << layers.error().message();
  EXPECT_EQ(layers->head, "fc");
  EXPECT_EQ(evaluated(*layers, at::randn({5, 2})).sizes(), (std::vector<int64_t>{5, 7}));
  const auto weight = layers->module->named_parameters()["fc.weight"];
  EXPECT_LE(weight.abs().max().item<float>(), 1 / std::sqrt(8.0F)) << "as nn.Linear";
  EXPECT_EQ(built(layers->code, 7, kHead).value().code, layers->code);
  EXPECT_TRUE(built(script, 7, kHead).value().module->named_parameters()["fc.weight"].equal(weight))
      << "from the seed";
}

TEST(TorchScript, WhatTakesPartInTrainingAloneOrForOtherRowsIsLearntToo) {
  auto module = script_layer("Net", "");
  module.register_module("fc", script_linear("Fc", 2, 3));
  module.register_module("late", script_linear("Late", 2, 3));
  module.define(
      "def forward(self, x):\n"
      "  y = self.fc.forward(x)\n"
      "  if self.training:\n"
      "    y = y + self.late.forward(x)\n"
      "  return y\n");
  const auto layers = built(saved(module)).value();
  for (const auto& one : layers.module->named_parameters())
    EXPECT_TRUE(one.value().requires_grad()) << one.key();
}

TEST(TorchScript, BuffersMayBeMasksAndCounts) {
  auto module = script_layer("Net", "");
  module.register_module("fc", script_linear("Fc", 2, 3));
  module.register_buffer("mask", at::tensor({1, 0}).to(at::kBool));
  module.register_buffer("count", at::tensor({7, 8}, at::kInt));
  module.register_buffer("bytes", at::tensor({3}, at::kByte));
  module.define("def forward(self, x):\n  return self.fc.forward(x * self.mask)\n");
  const auto layers = built(saved(module));
  ASSERT_TRUE(layers) << layers.error().message();
  EXPECT_EQ(layers->module->named_buffers()["count"].scalar_type(), at::kInt);
  EXPECT_EQ(built(layers->code).value().code, layers->code);
}

TEST(TorchScript, AFileOfFewNumbersThatAreManyOfATensorsTakesNoMemory) {
  auto module = script_layer("Net", "");
  module.register_module("fc", script_linear("Fc", 2, 3));
  module.register_buffer("wide", at::ones({1}).expand({int64_t{1} << 30}));
  module.define("def forward(self, x):\n  return self.fc.forward(x)\n");
  EXPECT_THAT(why(module), HasSubstr("its tensors take more than 256 MiB beyond its file"));
}

TEST(TorchScript, WhatNeedsMoreMemoryThanThereIsSaysSo) {
  EXPECT_THROW(built(saved(script_of("  x = x + torch.sum(torch.zeros([1125899906842624]))\n"
                                     "  return self.fc.forward(x)\n"))),
               std::bad_alloc);
}

// The interpreter says an error of CUDA as any other, by its words alone.
std::string thrown_after(const std::string& words) {
  const auto layers = built(saved(script_of("  assert x.size(0) != 3, \"" + words +
                                            "\"\n  return self.fc.forward(x)\n")))
                          .value();
  try {
    evaluated(layers, at::ones({3, 2}));
  } catch (const ModuleFailed&) {
    return "the module's fault";
  } catch (const c10::OutOfMemoryError& error) {
    return std::string("out of memory: ") + error.what_without_backtrace();
  } catch (const std::exception&) {
    return "another's fault";
  }
  return "nothing";
}

TEST(TorchScript, WhatAGpuDoesNotDoIsNotItsFault) {
  EXPECT_EQ(thrown_after("no three rows"), "the module's fault");
  EXPECT_EQ(thrown_after("CUDA out of memory. Tried to allocate 2.00 GiB."),
            "out of memory: CUDA out of memory. Tried to allocate 2.00 GiB.");
  EXPECT_EQ(thrown_after("CUDA error: an illegal memory access was encountered"),
            "another's fault");
}

TEST(TorchScript, AWeightThatTwoLayersShareIsLearntOnce) {
  auto fc = script_linear("Fc", 2, 3), other = script_linear("Other", 2, 3);
  other.setattr("weight", fc.attr("weight"));
  auto module = script_layer("Net", "");
  module.register_module("fc", fc);
  module.register_module("other", other);
  module.define("def forward(self, x):\n  return self.fc.forward(x) + self.other.forward(x)\n");
  const auto layers = built(saved(module)).value();
  EXPECT_THAT(layers.module->named_parameters().keys(),
              ElementsAre("fc.weight", "fc.bias", "other.bias"));
  const auto again = built(layers.code).value();
  at::NoGradGuard no_grad;
  again.module->named_parameters()["fc.weight"].fill_(1);
  EXPECT_TRUE(evaluated(again, at::ones({2, 2})).equal(at::full({2, 3}, 4.0))) << "still shared";
}

TEST(TorchScript, AModuleThatDoesNotFitTheDataOrTheGoalIsNamedWithWhatIsAllowed) {
  EXPECT_EQ(
      why(small_script(2, 3), 3, kNoHead, {4}),
      R"(spec.training.model.uri: the TorchScript module fails on 2 samples of shape [4]: RuntimeError: mat1 and mat2 shapes cannot be multiplied (2x4 and 2x8) (spec.training.preprocess gives samples their shape, spec.training.model.parameters.headLayer names the layer that is made for the classes))");
  EXPECT_EQ(
      why(small_script(2, 3), 5),
      R"(spec.training.model.uri: the TorchScript module answers Float [2, 3] of 2 rows; allowed is a tensor of floats [rows, 5], a number for each class or target (spec.training.preprocess gives samples their shape, spec.training.model.parameters.headLayer names the layer that is made for the classes))");
  EXPECT_THAT(why(script_of("  return (self.fc.forward(x), x)\n")),
              HasSubstr("the TorchScript module answers a Tuple; allowed is a tensor of floats"));
  EXPECT_THAT(why(script_of("  return torch.argmax(self.fc.forward(x), 1)\n")),
              HasSubstr("answers Long [2] of 2 rows; allowed is"));
  EXPECT_THAT(
      why(small_script(2, 3), 5, {{"headLayer", "classifier"}}),
      HasSubstr(
          R"(spec.training.model.parameters.headLayer: the module has no layer "classifier" with a weight [classes, …]; its last ones are fc, body)"));
  EXPECT_THAT(why(script_of("  return torch.cat([x, x[:, 0:1]], 1)\n")),
              HasSubstr("has no parameter that is learnt and that its answer comes from"));
  auto doubles = small_script(2, 3);
  doubles.to(at::kDouble);
  EXPECT_THAT(why(doubles),
              HasSubstr("spec.training.model.uri: the TorchScript module has the parameter "
                        "body.weight of type Double; allowed is float"));
  EXPECT_EQ(
      why(doubles, 5, kHead),
      R"(spec.training.model.parameters.headLayer: the layer "fc" has a tensor of type Double; allowed is float)");
}

TEST(TorchScript, CodeThatAsksForFilesOrOtherMachinesIsRefused) {
  EXPECT_EQ(
      why(script_of("  torch.save(x, \"/tmp/out\")\n  return self.fc.forward(x)\n")),
      R"(spec.training.model.uri: the TorchScript module is not usable: its code asks for aten::save; allowed are operators of aten and prim that compute)");
  EXPECT_THAT(why(script_of("  if float(torch.sum(x)) > 5.0:\n"
                            "    x = torch.from_file(\"/etc/passwd\", False, 4)\n"
                            "  return self.fc.forward(x)\n")),
              HasSubstr("asks for aten::from_file"));
  auto outer = script_layer("Outer", "");
  outer.register_module("inner",
                        script_of("  torch.save(x, \"/tmp/out\")\n  return self.fc.forward(x)\n"));
  outer.define("def forward(self, x):\n  return self.inner.forward(x)\n");
  EXPECT_THAT(why(outer), HasSubstr("asks for aten::save")) << "in a layer of a layer";
}

// `module` with more in its code, as somebody writes it into the archive.
std::string why_of_code(const std::string& code) {
  const auto bytes = with_files(saved(script_of("  return self.fc.forward(x)\n")),
                                [&](const std::string& name, const std::string& text) {
                                  return name == "code/__torch__.py" ? text + code : text;
                                });
  const auto layers = built(bytes);
  return layers ? "no error" : layers.error().message();
}

TEST(TorchScript, CodeThatStartsTasksCallsOtherMachinesOrMakesClassesOfCppIsRefused) {
  const auto refused = [](const std::string& what) {
    return HasSubstr("its code asks for " + what + "; allowed are operators of aten and prim");
  };
  const std::string f = "  def f(self: __torch__.Net, x: Tensor) -> Tensor:\n";
  EXPECT_THAT(why_of_code(f + "    c = __torch__ . torch\n"
                              "    d = getattr(c, \"classes\").profiling.InstructionStats()\n"
                              "    return x\n"),
              HasSubstr("is not usable: "));
  EXPECT_THAT(why_of_code(f + "    return torch.wait(fork(__torch__.g, x))\n"
                              "def g(x: Tensor) -> Tensor:\n  return x\n"),
              HasSubstr("is not usable: "));
  EXPECT_THAT(why_of_code(f + "    y = rpc_sync(\"worker\", __torch__.g, (x,))\n    return x\n"),
              HasSubstr("is not usable: "));
  EXPECT_THAT(why_of_code(f + "    t = ops.prim.TimePoint()\n    return torch.add(x, t)\n"),
              refused("prim::TimePoint"));
  EXPECT_EQ(why_of_code(f + "    return x\n"), "no error");
}

}  // namespace
}  // namespace cresset::model::networks::torchscript_test
