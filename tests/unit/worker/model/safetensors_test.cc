#include "worker/model/safetensors.h"

#include <gmock/gmock.h>

#include <cstring>

namespace cresset::model::safetensors_test {
namespace {

using testing::HasSubstr;

const std::string kTwo("\1\0\0\0\2\0\0\0", 8);
const std::string kThree("abc");

std::string sample() {
  return encode_safetensors(
      {{"weight", "F32", {2, 1}, kTwo}, {"flags", "U8", {3}, kThree}, {"none", "F32", {0}, {}}},
      {{"format", "pt"}});
}

// A file with this header and `data` bytes behind it.
std::string file_of(const std::string& header, size_t data) {
  std::string bytes(8, '\0');
  const uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data, 'x');
}

TEST(Safetensors, KeepsNamesTypesShapesAndBytes) {
  const std::string bytes = sample();
  const auto tensors = decode_safetensors(bytes);
  ASSERT_TRUE(tensors) << tensors.error().message();
  ASSERT_EQ(tensors->size(), 3U);
  EXPECT_EQ((*tensors)[0].name, "weight");
  EXPECT_EQ((*tensors)[0].dtype, "F32");
  EXPECT_EQ((*tensors)[0].shape, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ((*tensors)[0].bytes, kTwo);
  EXPECT_EQ((*tensors)[1].bytes, kThree);
  EXPECT_EQ((*tensors)[2].bytes, "");
}

TEST(Safetensors, TheDataStartsAtAMultipleOfEight) {
  uint64_t length = 0;
  std::memcpy(&length, sample().data(), 8);
  EXPECT_EQ(length % 8, 0U);
}

TEST(Safetensors, TruncatedAtAnyLengthItIsAnError) {
  const std::string bytes = sample();
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_safetensors(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode_safetensors(bytes + "x"));
}

TEST(Safetensors, AnAlteredByteOfTheHeaderNeverCrashes) {
  const std::string bytes = sample();
  for (size_t at = 0; at < bytes.size() - kTwo.size() - kThree.size(); ++at)
    for (char with : {'\0', '\xff', '{', '9', '"'}) {
      std::string altered = bytes;
      altered[at] = with;
      const auto tensors = decode_safetensors(altered);
      const std::string why = tensors ? "not safetensors" : tensors.error().message();
      EXPECT_THAT(why, HasSubstr("not safetensors"));
    }
}

TEST(Safetensors, HostileHeadersAreErrors) {
  const std::string huge("\xff\xff\xff\xff\xff\xff\xff\x7f", 8);
  EXPECT_FALSE(decode_safetensors(huge + "{}"));
  for (
      const char* header :
      {R"([])", R"({"a": 1})", R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 8]}})",
       R"({"a": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}})",
       R"({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}})",
       R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}})",
       R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0]}})",
       R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 99]}})",
       R"({"a": {"dtype": "F32", "shape": [1099511627776, 1099511627776], "data_offsets": [0, 4]}})",
       R"({"a": {"dtype": "U8", "shape": [3], "data_offsets": [0, 3]}, "b": {"dtype": "U8", "shape": [2], "data_offsets": [2, 4]}})",
       R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}, "b": {"dtype": "U8", "shape": [1], "data_offsets": [3, 4]}})",
       R"({"a": {"dtype": "U8", "shape": [3], "data_offsets": [1, 4]}})"})
    EXPECT_FALSE(decode_safetensors(file_of(header, 4))) << header;
  EXPECT_FALSE(decode_safetensors(file_of(std::string(100, '['), 0)));
}

}  // namespace
}  // namespace cresset::model::safetensors_test
