#include "worker/model/raw_columns.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

namespace cresset::model {
namespace raw_columns_test {

using testing::ElementsAre;

const std::vector<TensorInfo> kWanted{{"age", Datatype::kFp32, {-1}},
                                      {"city", Datatype::kBytes, {-1}}};

HostTensor ages(const std::vector<float>& values) {
  HostTensor tensor{"age", Datatype::kFp32, {static_cast<int64_t>(values.size())}, {}};
  tensor.bytes.resize(values.size() * sizeof(float));
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

HostTensor cities(std::vector<std::string> texts) {
  HostTensor tensor{"city", Datatype::kBytes, {static_cast<int64_t>(texts.size())}, {}};
  tensor.texts = std::move(texts);
  return tensor;
}

std::string why(const std::vector<HostTensor>& inputs) {
  const auto rows = rows_of_columns(kWanted, inputs);
  return rows ? "no error" : rows.error().message();
}

TEST(RowsOfColumns, HoldNumbersAndPlacesOfTexts) {
  const auto rows = rows_of_columns(kWanted, {ages({1, 2, 3}), cities({"b", "", "b"})});
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_EQ(rows->count, 3);
  EXPECT_EQ(rows->values[0], 1);
  EXPECT_EQ(rows->values[1], 0);
  EXPECT_TRUE(std::isnan(rows->values[3]));
  EXPECT_EQ(rows->values[5], 0);
  ASSERT_EQ(rows->texts.size(), 1U);
  EXPECT_EQ(rows->texts[0].column, 1U);
  EXPECT_THAT(rows->texts[0].texts, ElementsAre("b"));
}

TEST(RowsOfColumns, SayWhichInputIsWrongAndHow) {
  EXPECT_EQ(why({ages({1})}), "found 1 inputs, allowed are 2, one for each column");
  EXPECT_EQ(why({cities({"a"}), ages({1})}),
            "input \"age\" is missing; found is \"city\" in its place");
  EXPECT_EQ(why({ages({1, 2}), cities({"a", "Z\xfcrich"})}),
            R"(input "city", row 1: found a text that is not UTF-8)");
  EXPECT_EQ(
      why({ages({1, 2}), cities({"a"})}),
      "input \"city\" has another shape than [rows], with at least one row and as many as the "
      "first input");
  EXPECT_EQ(why({ages({}), cities({})}),
            "input \"age\" has another shape than [rows], with at least one row and as many as the "
            "first input");
  auto short_of = ages({1});
  short_of.bytes.resize(3);
  EXPECT_EQ(why({short_of, cities({"a"})}),
            "input \"age\" has not the 1 values that its shape wants");
  auto numbers = ages({1});
  numbers.name = "city";
  EXPECT_EQ(why({ages({1}), numbers}), "input \"city\" is FP32, allowed is BYTES");
}

}  // namespace raw_columns_test
}  // namespace cresset::model
