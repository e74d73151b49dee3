#include "worker/serve/core/protocol_v2.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/serve/core/fakes.h"

namespace cresset::serve {
namespace {

using testing::two_columns;
using testing::values_of;

Signature every_type() {
  Signature signature;
  signature.model = "all";
  for (const char* name : {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32",
                           "INT64", "FP16", "BF16", "FP32", "FP64", "BYTES"})
    signature.inputs.push_back({name, *data_type_of(name), {-1, 2}});
  signature.outputs = {{"out", DataType::kFp32, {-1}}};
  return signature;
}

Signature one_of(const std::string& type) {
  auto signature = every_type();
  std::erase_if(signature.inputs, [&](const TensorSpec& spec) { return spec.name != type; });
  return signature;
}

std::string input_json(const std::string& rest) {
  return R"({"inputs":[{"name":"input",)" + rest + "}]}";
}

TEST(ProtocolV2, ReadsFlatAndNestedDataAlike) {
  for (const char* data :
       {"[1,2.5,-3e2,4]", "[[1,2.5],[-3e2,4]]", " [ [1 , 2.5],\n[-300, 4.0]] "}) {
    auto request =
        parse_infer(input_json(R"("shape":[2,2],"datatype":"FP32","data":)" + std::string(data)),
                    {}, two_columns());
    ASSERT_TRUE(request) << request.error().message();
    EXPECT_EQ(request->rows, 2);
    EXPECT_EQ(values_of<float>(request->inputs[0]), (std::vector<float>{1, 2.5, -300, 4}));
    EXPECT_EQ(request->outputs.size(), 2u) << "all outputs when none is named";
  }
}

TEST(ProtocolV2, TakesDataBeforeShapeAndDatatype) {
  auto request =
      parse_infer(R"({"inputs":[{"data":[[1,2]],"shape":[1,2],"name":"input","datatype":"FP32"}]})",
                  {}, two_columns());
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(values_of<float>(request->inputs[0]), (std::vector<float>{1, 2}));
}

template <typename T>
void expect_values(const std::string& type, const std::string& data, std::vector<T> wanted) {
  auto request = parse_infer(R"({"inputs":[{"name":")" + type + R"(","shape":[1,2],"datatype":")" +
                                 type + R"(","data":)" + data + "}]}",
                             {}, one_of(type));
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(values_of<T>(request->inputs[0]), wanted) << type;
}

TEST(ProtocolV2, ReadsTheEndsOfEveryNumericType) {
  expect_values<uint8_t>("BOOL", "[true,false]", {1, 0});
  expect_values<uint8_t>("UINT8", "[0,255]", {0, 255});
  expect_values<uint16_t>("UINT16", "[0,65535]", {0, 65535});
  expect_values<uint32_t>("UINT32", "[0,4294967295]", {0, 4294967295});
  expect_values<uint64_t>("UINT64", "[0,18446744073709551615]", {0, UINT64_MAX});
  expect_values<int8_t>("INT8", "[-128,127]", {-128, 127});
  expect_values<int16_t>("INT16", "[-32768,32767]", {-32768, 32767});
  expect_values<int32_t>("INT32", "[-2147483648,2147483647]", {INT32_MIN, INT32_MAX});
  expect_values<int64_t>("INT64", "[-9223372036854775808,9223372036854775807]",
                         {INT64_MIN, INT64_MAX});
  expect_values<double>("FP64", "[1e308,-0.1]", {1e308, -0.1});
}

TEST(ProtocolV2, ReadsBytesFromJsonStrings) {
  auto request = parse_infer(
      R"({"inputs":[{"name":"BYTES","shape":[1,2],"datatype":"BYTES","data":["a\u00e4",""]}]})", {},
      one_of("BYTES"));
  ASSERT_TRUE(request) << request.error().message();
  auto bytes = request->inputs[0].data;
  EXPECT_EQ(next_element(bytes), "aä");
  EXPECT_EQ(next_element(bytes), "");
  EXPECT_TRUE(bytes.empty());
}

TEST(ProtocolV2, ReadsBinaryInputsAsViewsOfTheBody) {
  const std::string json =
      R"({"id":"7","parameters":{"binary_data_output":true},"inputs":[{"name":"input","shape":[1,2],)"
      R"("datatype":"FP32","parameters":{"binary_data_size":8}}],"outputs":[{"name":"label"},)"
      R"({"name":"sum","parameters":{"binary_data":false}}]})";
  const float values[2] = {1.5f, -2};
  const std::string body = json + std::string(reinterpret_cast<const char*>(values), sizeof values);
  auto request = parse_infer(body, std::to_string(json.size()), two_columns());
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(values_of<float>(request->inputs[0]), (std::vector<float>{1.5f, -2}));
  EXPECT_TRUE(request->inputs[0].own.empty());
  ASSERT_EQ(request->outputs.size(), 2u);
  EXPECT_EQ(request->outputs[0].index, 1u);
  EXPECT_TRUE(request->outputs[0].binary);
  EXPECT_FALSE(request->outputs[1].binary);
}

TEST(ProtocolV2, KeepsIdAndParametersToPassThemBack) {
  auto request =
      parse_infer(R"({"id":"a\"b","parameters":{"timeout":1500,"tag":"x\ny","n":2,"ok":true},)"
                  R"("inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]})",
                  {}, two_columns());
  ASSERT_TRUE(request) << request.error().message();
  EXPECT_EQ(request->id, "a\"b");
  EXPECT_EQ(request->parameters, R"("tag":"x\ny","n":2,"ok":true)");
  EXPECT_EQ(request->timeout, std::chrono::microseconds(1500));
}

// Stands for the length of the JSON in front of binary data.
constexpr char kWholeJson[] = "json";

struct Wrong {
  const char* what;
  std::string body;
  std::vector<std::string> words;
  const char* json_bytes = nullptr;
};

std::string one(const std::string& changed) { return input_json(changed); }

const std::vector<Wrong>& wrongs() {
  static const std::vector<Wrong> kWrongs{
      {"an empty body", "", {"broken JSON at byte 0: "}},
      {"cut JSON", R"({"inputs":[)", {"broken JSON at byte 11: ", "ended early"}},
      {"a string without an end",
       R"({"inputs":"abc)",
       {"broken JSON at byte 14: ", "never closed"}},
      {"a missing comma", R"({"inputs":[{"name":"input" "x":1}]})", {"broken JSON at byte 27: "}},
      {"cut data",
       R"({"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,)",
       {"JSON"}},
      {"text behind the object",
       one(R"("shape":[1,2],"datatype":"FP32","data":[1,2])") + "x",
       {"JSON"}},
      {"invalid UTF-8", "{\"id\":\"\xff\"}", {"JSON"}},
      {"a list", "[1]", {"object"}},
      {"no inputs", "{}", {"inputs", "required", "\"input\""}},
      {"empty inputs", R"({"inputs":[]})", {"inputs", "\"input\""}},
      {"inputs of another type", R"({"inputs":7})", {"inputs", "list", "7"}},
      {"an input of another type", R"({"inputs":["x"]})", {"inputs[0]", "object", "x"}},
      {"no name",
       R"({"inputs":[{"shape":[1,2],"datatype":"FP32","data":[1,2]}]})",
       {"inputs[0].name", "required"}},
      {"a wrong name",
       R"({"inputs":[{"name":"pixels","shape":[1,2],"datatype":"FP32","data":[1,2]}]})",
       {"\"pixels\"", "\"input\""}},
      {"an input twice",
       R"({"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]},{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]})",
       {"inputs", "more than the 1"}},
      {"no shape", one(R"("datatype":"FP32","data":[1,2])"), {"\"input\"", "shape", "required"}},
      {"no datatype", one(R"("shape":[1,2],"data":[1,2])"), {"\"input\"", "datatype", "required"}},
      {"no data", one(R"("shape":[1,2],"datatype":"FP32")"), {"\"input\"", "data", "required"}},
      {"an unknown datatype",
       one(R"("shape":[1,2],"datatype":"FP31","data":[1,2])"),
       {"\"input\"", "FP31", "FP32"}},
      {"another datatype",
       one(R"("shape":[1,2],"datatype":"INT64","data":[1,2])"),
       {"\"input\"", "INT64", "FP32"}},
      {"another width",
       one(R"("shape":[1,3],"datatype":"FP32","data":[1,2,3])"),
       {"\"input\"", "[1,3]", "[any,2]"}},
      {"another rank",
       one(R"("shape":[2],"datatype":"FP32","data":[1,2])"),
       {"\"input\"", "[2]", "[any,2]"}},
      {"no rows",
       one(R"("shape":[0,2],"datatype":"FP32","data":[])"),
       {"\"input\"", "0 rows", "at least 1"}},
      {"negative rows",
       one(R"("shape":[-1,2],"datatype":"FP32","data":[1,2])"),
       {"\"input\"", "-1", "at least 0"}},
      {"too many rows",
       one(R"("shape":[5000,2],"datatype":"FP32","data":[1,2])"),
       {"\"input\"", "5000 rows", "4096"}},
      {"rows past the counter",
       one(R"("shape":[9223372036854775807,2],"datatype":"FP32","data":[1])"),
       {"\"input\"", "rows"}},
      {"a shape past int64",
       one(R"("shape":[99999999999999999999,2],"datatype":"FP32","data":[1])"),
       {"\"input\"", "shape", "integer"}},
      {"a shape of text",
       one(R"("shape":["1",2],"datatype":"FP32","data":[1,2])"),
       {"\"input\"", "shape", "integer"}},
      {"a shape the body cannot fill",
       one(R"("shape":[4000,2],"datatype":"FP32","data":[1,2])"),
       {"\"input\"", "8000"}},
      {"fewer values",
       one(R"("shape":[1,2],"datatype":"FP32","data":[1])"),
       {"\"input\"", "1 values", "2"}},
      {"more values",
       one(R"("shape":[1,2],"datatype":"FP32","data":[1,2,3])"),
       {"\"input\"", "more than 2"}},
      {"uneven nesting",
       one(R"("shape":[2,2],"datatype":"FP32","data":[[1,2],3])"),
       {"\"input\"", "nested"}},
      {"a short nested row",
       one(R"("shape":[2,2],"datatype":"FP32","data":[[1,2],[3]])"),
       {"\"input\"", "1 values", "2"}},
      {"too few nested rows",
       one(R"("shape":[2,2],"datatype":"FP32","data":[[1,2]])"),
       {"\"input\"", "1 values", "2"}},
      {"too deep nesting",
       one(R"("shape":[1,2],"datatype":"FP32","data":[[[1,2]]])"),
       {"\"input\""}},
      {"text in the data",
       one(R"("shape":[1,2],"datatype":"FP32","data":["a",2])"),
       {"\"input\"", "data[0]", "FP32", "\"a\""}},
      {"null in the data",
       one(R"("shape":[1,2],"datatype":"FP32","data":[1,null])"),
       {"\"input\"", "data[1]", "null"}},
      {"a number past FP32",
       one(R"("shape":[1,2],"datatype":"FP32","data":[1,1e39])"),
       {"\"input\"", "data[1]", "1e39"}},
      {"data of another type",
       one(R"("shape":[1,2],"datatype":"FP32","data":"AAAA")"),
       {"\"input\"", "data", "list"}},
      {"shared memory",
       one(R"("shape":[1,2],"datatype":"FP32","parameters":{"shared_memory_region":"r"})"),
       {"\"input\"", "shared memory"}},
      {"a wrong output",
       R"({"inputs":[],"outputs":[{"name":"classes"}]})",
       {"\"classes\"", "\"sum\"", "\"label\""}},
      {"an output without a name",
       R"({"inputs":[],"outputs":[{}]})",
       {"outputs[0].name", "required"}},
      {"classification",
       R"({"inputs":[],"outputs":[{"name":"sum","parameters":{"classification":3}}]})",
       {"classification", "not supported"}},
      {"a parameter that is a list",
       R"({"parameters":{"x":[1]},"inputs":[]})",
       {"parameters.x", "string"}},
      {"a negative timeout",
       R"({"parameters":{"timeout":-1},"inputs":[]})",
       {"parameters.timeout", "-1"}},
      {"an id that is a number", R"({"id":7,"inputs":[]})", {"id", "string", "7"}},
      {"an id past its limit",
       R"({"id":")" + std::string(2000, 'x') + R"(","inputs":[]})",
       {"id", "2000", "1024"}},
      {"a length that is no number", "{}", {"Inference-Header-Content-Length", "abc"}, "abc"},
      {"a length of zero", "{}", {"Inference-Header-Content-Length", "\"0\""}, "0"},
      {"a length past the body", "{}", {"Inference-Header-Content-Length", "50", "2 bytes"}, "50"},
      {"a binary size that is not the shape's",
       one(R"("shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":4})") + "AAAA",
       {"\"input\"", "binary_data_size 4", "takes 8"},
       kWholeJson},
      {"a negative binary size",
       one(R"("shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":-8})"),
       {"\"input\"", "binary_data_size", "-8"}},
      {"cut binary data",
       one(R"("shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8})") + "AAAA",
       {"\"input\"", "binary_data_size 8", "4 bytes"},
       kWholeJson},
      {"binary data and no header",
       one(R"("shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8})"),
       {"\"input\"", "binary_data_size 8", "0 bytes"}},
      {"bytes behind the tensors",
       one(R"("shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8})") + "AAAABBBBC",
       {"1 bytes after"},
       kWholeJson},
      {"both kinds of data",
       one(R"("shape":[1,2],"datatype":"FP32","data":[1,2],"parameters":{"binary_data_size":8})"),
       {"\"input\"", "both"}},
  };
  return kWrongs;
}

TEST(ProtocolV2, EveryWrongRequestGetsAnErrorThatNamesIt) {
  for (const auto& wrong : wrongs()) {
    std::optional<std::string> length;
    if (wrong.json_bytes) length = wrong.json_bytes;
    if (length == kWholeJson) length = std::to_string(wrong.body.rfind('}') + 1);
    const auto request = parse_infer(wrong.body, length, two_columns());
    ASSERT_FALSE(request) << wrong.what;
    for (const auto& word : wrong.words)
      EXPECT_NE(request.error().message().find(word), std::string::npos)
          << wrong.what << ": \"" << word << "\" is not in: " << request.error().message();
  }
}

TEST(ProtocolV2, EveryIntegerPastItsTypeIsRefused) {
  const std::vector<std::pair<std::string, std::string>> kPast{{"UINT8", "256"},
                                                               {"UINT8", "-1"},
                                                               {"UINT16", "65536"},
                                                               {"UINT32", "4294967296"},
                                                               {"UINT64", "18446744073709551616"},
                                                               {"UINT64", "-1"},
                                                               {"INT8", "128"},
                                                               {"INT8", "-129"},
                                                               {"INT16", "32768"},
                                                               {"INT32", "2147483648"},
                                                               {"INT64", "9223372036854775808"},
                                                               {"INT32", "1.5"},
                                                               {"BOOL", "1"},
                                                               {"FP16", "1"},
                                                               {"BF16", "1"},
                                                               {"BYTES", "1"}};
  for (const auto& [type, value] : kPast) {
    const auto request =
        parse_infer(R"({"inputs":[{"name":")" + type + R"(","shape":[1,2],"datatype":")" + type +
                        R"(","data":[)" + value + "," + value + "]}]}",
                    {}, one_of(type));
    ASSERT_FALSE(request) << type << " took " << value;
    EXPECT_NE(request.error().message().find("\"" + type + "\""), std::string::npos)
        << request.error().message();
  }
}

TEST(ProtocolV2, BinaryBytesElementsAreCheckedBeforeUse) {
  const std::string json =
      R"({"inputs":[{"name":"BYTES","shape":[1,2],"datatype":"BYTES","parameters":{"binary_data_size":9}}]})";
  const std::string good("\1\0\0\0a\0\0\0\0", 9);
  const std::string bad("\1\0\0\0a\xff\xff\xff\xff", 9);
  EXPECT_TRUE(parse_infer(json + good, std::to_string(json.size()), one_of("BYTES")));
  const auto request = parse_infer(json + bad, std::to_string(json.size()), one_of("BYTES"));
  ASSERT_FALSE(request);
  EXPECT_NE(request.error().message().find("4294967295"), std::string::npos)
      << request.error().message();
}

TEST(ProtocolV2, InputsOfDifferentRowsAreRefused) {
  auto signature = two_columns();
  signature.inputs.push_back({"weight", DataType::kFp32, {-1}});
  const auto request =
      parse_infer(R"({"inputs":[{"name":"weight","shape":[2],"datatype":"FP32","data":[1,2]},)"
                  R"({"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]})",
                  {}, signature);
  ASSERT_FALSE(request);
  EXPECT_NE(request.error().message().find("1 rows"), std::string::npos);
  EXPECT_NE(request.error().message().find("\"input\""), std::string::npos);
}

}  // namespace
}  // namespace cresset::serve
