#include "worker/model/script_file.h"

#include <gmock/gmock.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <utility>
#include <vector>

#include "tests/unit/worker/model/networks/script.h"
#include "worker/model/safetensors.h"

namespace cresset::model::script_file_test {
namespace {

using testing::HasSubstr;

std::string error_of(const std::string& bytes) {
  const auto checked = check_script_file(bytes);
  return checked ? "no error" : checked.error().message();
}

TEST(ScriptFile, OfAModuleGivesItsTensorsByName) {
  const auto bytes = weights_of_script(networks::saved(networks::small_script(2, 3)));
  ASSERT_TRUE(bytes) << bytes.error().message();
  std::vector<std::string> names;
  const auto tensors = decode_safetensors(*bytes).value();
  for (const auto& tensor : tensors) names.push_back(tensor.name);
  EXPECT_THAT(
      names, testing::ElementsAre("body.weight", "body.bias", "norm.weight", "norm.bias",
                                  "fc.weight", "fc.bias", "norm.running_mean", "norm.running_var"));
}

TEST(ScriptFile, CutOffAnywhereIsAnError) {
  const auto whole = networks::saved(networks::small_script(2, 3));
  for (size_t length = 0; length < whole.size(); length += 61)
    EXPECT_NE(error_of(whole.substr(0, length)), "no error") << length;
  EXPECT_THAT(error_of(whole.substr(0, 100)),
              HasSubstr("no TorchScript module: not readable as zip"));
  EXPECT_THAT(error_of(""), HasSubstr("torch.jit.script(module).save(\"net.pt\") writes one"));
}

// Of what a checksum watches nothing is given to libtorch, and the rest of a zip is as it says.
TEST(ScriptFile, AnyByteMayBeAnotherOne) {
  const auto whole = networks::saved(networks::small_script(2, 3));
  int refused = 0;
  for (size_t at = 0; at < whole.size(); at += 13) {
    auto bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x55);
    refused += weights_of_script(bytes) ? 0 : 1;
  }
  EXPECT_GT(refused, static_cast<int>(whole.size() / 13 / 4));
}

TEST(ScriptFile, AnArchiveOfSomethingElseIsNamedAsSuch) {
  const auto pickled = torch::jit::pickle_save(at::ones({3}));
  EXPECT_EQ(
      error_of({pickled.begin(), pickled.end()}),
      R"(no TorchScript module: it is an archive of something else, as torch.save makes of weights; torch.jit.script(module).save("net.pt") writes one)");
}

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

std::string archive(const NamedTexts& files) {
  return networks::archive_of([&](auto& writer) {
    for (const auto& [name, text] : files) writer.writeRecord(name, text.data(), text.size());
  });
}

NamedTexts files_with(const std::string& name, const std::string& text) {
  return {{"data.pkl", "x"}, {"constants.pkl", "x"}, {name, text}};
}

// An archive whose code is `code`.
std::string with_code(const std::string& code) {
  return archive(files_with("code/__torch__.py", code));
}

std::string returning(const std::string& value) {
  return "def f(x: int) -> int:\n  return " + value + "\n";
}

std::string times(size_t count, const std::string& text) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

// At ten thousand of them, libtorch ends.
TEST(ScriptFile, CodeThatIsNestedDeeperThanAnyoneWritesItIsRefused) {
  const std::string refused = "is not written as torch.jit writes code";
  for (const auto& code :
       {times(201, "("), times(300, "[\n"), "a = " + times(5000, "-"), times(5000, "x + \\\n"),
        times(300, "(\"a\" # )\n"), times(200, "  ") + "  pass", std::string(R"("""x""")")})
    EXPECT_THAT(error_of(with_code(code)), HasSubstr(refused)) << code.substr(0, 20);
  for (const auto& code :
       {returning(times(200, "(") + "x" + times(200, ")")),
        "def f(x: int) -> int:\n" + times(5000, "  a = x\n") + "  return x\n",
        returning("[" + times(5000, "1.5, ") + "]"), returning("\"" + times(5000, "(") + "\""),
        returning(R"("\"((" + '')"), "# " + times(5000, "(") + "\n" + returning("x")})
    EXPECT_EQ(error_of(with_code(code)), "no error") << code.substr(0, 40);
  EXPECT_THAT(error_of(with_code("x = 5\n")), HasSubstr(refused));
}

TEST(ScriptFile, CodeOfOldReleasesOfPyTorchBeginsWithAVersionAndImports) {
  EXPECT_EQ(error_of(with_code("op_version_set = 1\nimport __torch__.a\n" + returning("x"))),
            "no error");
  EXPECT_THAT(error_of(with_code("op_version_set = 1 + f()\n" + returning("x"))),
              HasSubstr("libtorch cannot parse it"));
}

TEST(ScriptFile, WhatAModuleWasTracedWithMayLieBesideIt) {
  auto module = networks::small_script(2, 3);
  module.store_traced_inputs("forward", {at::zeros({1, 2})});
  const auto bytes = networks::saved(module);
  EXPECT_THAT(bytes, HasSubstr("traced_inputs.pkl"));
  EXPECT_EQ(error_of(bytes), "no error");
}

// libtorch takes the first name that is the same but for its case.
TEST(ScriptFile, AnArchiveWithNamesThatTorchDoesNotWriteIsRefused) {
  EXPECT_EQ(
      error_of(archive(files_with("code/__torch__.PY", "x"))),
      R"(no TorchScript module: its archive has the file archive/code/__torch__.PY, which torch.jit does not write; torch.jit.script(module).save("net.pt") writes one)");
  for (const auto& name : {"code/__torch__.PY", "CODE/__torch__.py", "DATA.PKL", "Constants.pkl",
                           "model.json", "bytecode.pkl", "VERSION", "codes"})
    EXPECT_THAT(error_of(archive(files_with(name, "x"))),
                HasSubstr(std::string(name) + ", which torch.jit does not write"));
  auto twice = files_with("code/__torch__/a.py", returning("x"));
  twice.emplace_back("code/__torch__/A.py", returning("x"));
  EXPECT_THAT(error_of(archive(twice)), HasSubstr("A.py more than once"));
}

// libtorch reads its FlatBuffer format too, whose mark is at byte 4, before it looks for a zip.
TEST(ScriptFile, WhatDoesNotBeginAsAZipIsRefused) {
  const auto whole = networks::saved(networks::small_script(2, 3));
  ASSERT_EQ(error_of(whole), "no error");
  const std::string refused = "its first bytes are not those of a zip archive";
  EXPECT_THAT(error_of("\x08\1\2\3PTMF" + whole), HasSubstr(refused));
  auto marked = whole;
  EXPECT_THAT(error_of(marked.replace(4, 4, "PTMF")), HasSubstr(refused));
  EXPECT_THAT(error_of(whole.substr(0, 64) + whole), HasSubstr("no TorchScript module: "));
}

TEST(ScriptFile, AnArchiveThatUnpacksToFarMoreThanItHoldsIsRefused) {
  const std::string stuffing(size_t{512} << 10, 'x'), blank((size_t{256} << 20) + (2 << 20), '\n');
  const auto with = [&](size_t size) {
    return networks::archive_of([&](auto& writer) {
      for (const auto* name : {"data.pkl", "constants.pkl"}) writer.writeRecord(name, "x", 1);
      writer.writeRecord("data/0", stuffing.data(), stuffing.size());
      writer.writeRecord("extra/blank", blank.data(), size, /*compress=*/true);
    });
  };
  EXPECT_THAT(error_of(with(blank.size())), HasSubstr("bytes, which is too many"));
  EXPECT_EQ(error_of(with(blank.size() - (2 << 20))), "no error");
}

TEST(ScriptFile, CodeThatRunsWhileAModuleIsLoadedIsRefused) {
  auto module = networks::script_of("  return self.fc.forward(x)\n");
  module.register_module("loud",
                         networks::script_layer("Loud",
                                                "def __getstate__(self) -> int:\n"
                                                "  return 1\n"
                                                "def __setstate__(self, state: int) -> None:\n"
                                                "  self.training = True\n"));
  EXPECT_THAT(
      error_of(networks::saved(module)),
      HasSubstr(
          R"(holds "__setstate__", code that runs while a module is loaded, as quantized modules have; it is refused)"));
}

// libtorch computes default values and constants of classes when it compiles them.
TEST(ScriptFile, DefaultValuesAndConstantsAreLiterals) {
  const auto with_value = [](const std::string& value) {
    return error_of(with_code(
        "class A(Module):\n  __parameters__ = [\"w\", ]\n  w : Tensor\n"
        "  __annotations__[\"0\"] = __torch__.B\n  c : Final[int] = " +
        value + "\n  def f(self: __torch__.A, x: int=" + value + ") -> int:\n    return x\n"));
  };
  for (const auto* value :
       {"3", "-1.5", "\"zeros\"", "None", "True", "(1, -1)", "[inf, nan]", "CONSTANTS.c0",
        "annotate(List[int], [])", "torch.device(\"cpu\")", "__torch__.Color.RED"})
    EXPECT_EQ(with_value(value), "no error") << value;
  for (const auto* value : {"torch.save(1, \"f\")", "ops.aten.save(1, \"f\")", "[torch.ones([2])]",
                            "__torch__.f()", "CONSTANTS.c0.run", "annotate(int, g())"})
    EXPECT_THAT(with_value(value), HasSubstr("code that runs while a module is loaded")) << value;
}

TEST(ScriptFile, APickleThatMakesClassesOfCppIsRefused) {
  for (const auto* global : {"c__torch__.torch.classes.rpc\nA\n", "c__torch__.torch\nclasses.A\n"})
    EXPECT_THAT(error_of(archive({{"data.pkl", global}, {"constants.pkl", "x"}})),
                HasSubstr(R"(data.pkl holds "__torch__.torch.classes.")"));
}

}  // namespace
}  // namespace cresset::model::script_file_test
