#include "worker/data/core/tfrecord.h"

#include <gmock/gmock.h>

#include "worker/data/core/example.h"

namespace cresset::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// TFRecordWriter of TensorFlow 2.21 wrote these: b"abc", and b"".
const std::string kAbc(
    "\x03\0\0\0\0\0\0\0"
    "\xB0\x99\x49\x0E"
    "abc"
    "\x6E\x57\xF1\x21",
    19);
const std::string kEmpty(
    "\0\0\0\0\0\0\0\0"
    "\x29\x03\x98\x07"
    "\xD8\xEA\x82\xA2",
    16);

TEST(TfRecord, RecordsAreSplitByTheirLengths) {
  EXPECT_THAT(split_tfrecords(kAbc + kEmpty + kAbc).value(), ElementsAre("abc", "", "abc"));
  EXPECT_THAT(split_tfrecords("").value(), IsEmpty());
}

TEST(TfRecord, ABitThatTurnedIsSeenWhereverItIs) {
  for (size_t byte = 0; byte < kAbc.size(); ++byte)
    for (int bit = 0; bit < 8; ++bit) {
      std::string bytes = kAbc;
      bytes[byte] = static_cast<char>(bytes[byte] ^ 1 << bit);
      EXPECT_FALSE(split_tfrecords(bytes)) << byte;
    }
}

TEST(TfRecord, OneThatIsCutOffIsNamedByItsNumber) {
  for (size_t size = 1; size < kAbc.size(); ++size)
    EXPECT_THAT(split_tfrecords(kEmpty + kAbc.substr(0, size)).error().message(),
                HasSubstr("record 2 is cut off"));
}

// A message of one field of the wire type "length and bytes".
std::string field(int number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}
std::string example(const std::string& name, int kind, const std::string& list) {
  return field(1, field(1, field(1, name) + field(2, field(kind, list))));
}

TEST(ExampleOfTensorFlow, NumbersArePackedOrNot) {
  const std::string one("\0\0\x80\x3F", 4);  // 1.0
  const auto packed = example("x", 2, field(1, one + one));
  EXPECT_THAT(parse_example(packed).value().at("x").numbers, ElementsAre(1, 1));
  const auto single = example("x", 2, "\x0D" + one);
  EXPECT_THAT(parse_example(single).value().at("x").numbers, ElementsAre(1));
  const auto integers =
      example("n", 3, field(1, std::string("\x05\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11)));
  EXPECT_THAT(parse_example(integers).value().at("n").numbers, ElementsAre(5, -1));
  const auto texts = example("t", 1, field(1, "a") + field(1, "b"));
  EXPECT_THAT(parse_example(texts).value().at("t").texts, ElementsAre("a", "b"));
}

TEST(ExampleOfTensorFlow, FieldsThatNobodyKnowsArePassedOver) {
  const auto known = example("x", 1, field(1, "a"));
  EXPECT_THAT(
      parse_example(field(9, "?") + known + std::string("\x10\x07", 2)).value().at("x").texts,
      ElementsAre("a"));
}

TEST(ExampleOfTensorFlow, WhatIsCutOffOrOfAnotherWireTypeIsAnError) {
  const auto whole = example("x", 1, field(1, "abc"));
  for (size_t size = 1; size < whole.size(); ++size)
    EXPECT_FALSE(parse_example(whole.substr(0, size))) << size;
  EXPECT_FALSE(parse_example(std::string("\x08\x01", 2)));  // features as a number
  EXPECT_FALSE(parse_example(std::string("\x0B", 1)));      // a group
  EXPECT_FALSE(
      parse_example(std::string("\x02\x01"
                                "a",
                                3)));                             // a field of number 0
  EXPECT_FALSE(parse_example(example("x", 2, field(1, "abc"))));  // three quarters of a float
  EXPECT_THAT(parse_example("").value(), IsEmpty());
}

}  // namespace
}  // namespace cresset::data
