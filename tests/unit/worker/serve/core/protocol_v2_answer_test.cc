#include <gtest/gtest.h>

#include <limits>

#include "tests/unit/worker/serve/core/fakes.h"
#include "worker/serve/core/protocol_v2.h"

namespace cresset::serve {
namespace {

using testing::floats;
using testing::two_columns;

std::vector<Tensor> outputs_of(float first) {
  std::vector<Tensor> outputs;
  outputs.push_back(floats({2}, {first, 0.1f}));
  const int64_t labels[2] = {1, -7};
  const auto* bytes = reinterpret_cast<const std::byte*>(labels);
  outputs.emplace_back(DataType::kInt64, Shape{2},
                       std::vector<std::byte>(bytes, bytes + sizeof labels));
  return outputs;
}

TEST(ProtocolV2Answer, WritesTheShortestDecimalsAndPassesIdAndParametersBack) {
  InferRequest request;
  request.id = "a\"b";
  request.parameters = R"("tag":"x")";
  request.outputs = {{0, false}, {1, false}};
  const auto answer = write_infer(two_columns(), request, outputs_of(3));
  ASSERT_TRUE(answer);
  EXPECT_EQ(
      answer->body,
      R"({"model_name":"points","model_version":"3","id":"a\"b","parameters":{"tag":"x"},"outputs":[)"
      R"({"name":"sum","datatype":"FP32","shape":[2],"data":[3,0.1]},)"
      R"({"name":"label","datatype":"INT64","shape":[2],"data":[1,-7]}]})");
  EXPECT_FALSE(answer->json_bytes);
}

TEST(ProtocolV2Answer, BinaryOutputsFollowTheJsonInTheOrderAsked) {
  InferRequest request;
  request.outputs = {{1, true}, {0, false}};
  const auto outputs = outputs_of(3);
  const auto answer = write_infer(two_columns(), request, outputs);
  ASSERT_TRUE(answer);
  ASSERT_TRUE(answer->json_bytes);
  const auto json = base::Json::parse(answer->body.substr(0, *answer->json_bytes));
  EXPECT_EQ(json["outputs"][0]["parameters"]["binary_data_size"], 16);
  EXPECT_EQ(json["outputs"][1]["data"][0], 3);
  EXPECT_EQ(answer->body.substr(*answer->json_bytes),
            std::string(reinterpret_cast<const char*>(outputs[1].data.data()), 16));
}

TEST(ProtocolV2Answer, ANumberThatJsonCannotHoldIsAnErrorWithAWayOut) {
  InferRequest request;
  request.outputs = {{0, false}};
  const auto answer =
      write_infer(two_columns(), request, outputs_of(std::numeric_limits<float>::quiet_NaN()));
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().message().find("\"sum\""), std::string::npos);
  EXPECT_NE(answer.error().message().find("binary_data"), std::string::npos);
}

TEST(ProtocolV2Answer, MetadataTellsTheSignature) {
  const auto model = base::Json::parse(model_metadata(two_columns()));
  EXPECT_EQ(model["name"], "points");
  EXPECT_EQ(model["versions"], base::Json::array({"3"}));
  EXPECT_EQ(model["inputs"][0],
            (base::Json{{"name", "input"}, {"datatype", "FP32"}, {"shape", {-1, 2}}}));
  const auto server = base::Json::parse(server_metadata());
  EXPECT_EQ(server["name"], "cresset");
  EXPECT_EQ(server["extensions"], base::Json::array({"binary_tensor_data"}));
}

TEST(Tensor, ASliceOfBytesElementsIsCutAtElements) {
  std::vector<std::byte> bytes;
  for (const char* text : {"a", "", "ccc", "dd"}) append_element(bytes, text);
  const Tensor tensor(DataType::kBytes, {4}, std::move(bytes));
  auto part = tensor.slice(1, 2).data;
  EXPECT_EQ(next_element(part), "");
  EXPECT_EQ(next_element(part), "ccc");
  EXPECT_TRUE(part.empty());
}

}  // namespace
}  // namespace cresset::serve
