#include "worker/model/script_file.h"

#include <caffe2/serialize/inline_container.h>
#include <gmock/gmock.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <map>

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

// An archive whose code is `code`.
std::string with_code(const std::string& code) {
  std::string bytes;
  caffe2::serialize::PyTorchStreamWriter writer([&](const void* data, size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return size;
  });
  for (const auto& [name, text] : std::map<std::string, std::string>{
           {"data.pkl", "x"}, {"constants.pkl", "x"}, {"code/__torch__.py", code}})
    writer.writeRecord(name, text.data(), text.size());
  writer.writeEndOfFile();
  return bytes;
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
  for (const auto& code : {times(200, "(") + times(200, ")"), times(5000, "a = b\n"),
                           times(5000, "1.5, "), "a = \"" + times(5000, "(") + "\"",
                           std::string(R"(a = "\"((" + '')"), "# " + times(5000, "(") + "\nb"})
    EXPECT_EQ(error_of(with_code(code)), "no error") << code.substr(0, 20);
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

}  // namespace
}  // namespace cresset::model::script_file_test
