#include "worker/data/core/npy.h"

#include <gmock/gmock.h>

namespace cresset::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string npy(const std::string& header, size_t items, char version = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += version;
  bytes += '\0';
  for (size_t i = 0, length = header.size(); i < (version == 1 ? 2 : 4); ++i, length >>= 8)
    bytes += static_cast<char>(length & 0xFF);
  return bytes + header + std::string(items, 'x');
}

std::string why(const std::string& bytes) {
  const auto array = parse_npy(bytes);
  return array ? "no error" : array.error().message();
}

TEST(Npy, AHeaderOfEachVersionTellsTypeShapeAndOrder) {
  const std::string header = "{'descr': '>f4', 'fortran_order': True, 'shape': (2, 3), }   \n";
  for (const char version : {1, 2, 3}) {
    const std::string bytes = npy(header, 24, version);
    const auto array = parse_npy(bytes);
    ASSERT_TRUE(array) << array.error().message();
    EXPECT_THAT(array->shape, ElementsAre(2, 3));
    EXPECT_TRUE(array->fortran_order);
    EXPECT_EQ(array->items.size(), 24);
    EXPECT_EQ(array->fields.front().kind, 'f');
    EXPECT_TRUE(array->fields.front().big_endian);
  }
}

TEST(Npy, NamedFieldsLieOneAfterTheOther) {
  const auto bytes =
      npy("{'descr': [('a', '<i2'), (\"b'\", '<U3', (2,))], 'fortran_order': False, 'shape': (1,)}",
          26);
  const auto array = parse_npy(bytes);
  ASSERT_TRUE(array) << array.error().message();
  EXPECT_EQ(array->item_bytes, 26);
  EXPECT_EQ(array->fields[1].name, "b'");
  EXPECT_EQ(array->fields[1].offset, 2);
  EXPECT_EQ(array->fields[1].bytes, 12);
  EXPECT_THAT(array->fields[1].shape, ElementsAre(2));
}

TEST(Npy, WhatIsNotWhatItSaysIsAnError) {
  const auto of = [](const std::string& descr, const std::string& shape, size_t items) {
    return npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + "}", items);
  };
  EXPECT_EQ(why(of("'<f8'", "(2,)", 16)), "no error");
  EXPECT_THAT(why(of("'<f8'", "(2,)", 17)), HasSubstr("wants 16 bytes of values, found 17"));
  EXPECT_THAT(why(of("'<f8'", "(3,)", 16)), HasSubstr("larger than the file"));
  EXPECT_THAT(why(of("'<f8'", "(4611686018427387904, 4)", 16)), HasSubstr("larger than the file"));
  EXPECT_THAT(why(of("'<f8'", "(0, 4611686018427387904, 4)", 0)),
              HasSubstr("larger than the file"));
  EXPECT_THAT(why(of("'<f8'", "(-1,)", 16)), HasSubstr("shape"));
  EXPECT_THAT(why(of("'|O'", "(2,)", 16)), HasSubstr("type |O, allowed are floats"));
  EXPECT_THAT(why(of("'<f3'", "(2,)", 6)), HasSubstr("type <f3"));
  EXPECT_THAT(why(of("'<U99999999999'", "(0,)", 0)), HasSubstr("type"));
  EXPECT_THAT(why(of("[]", "(2,)", 16)), HasSubstr("no fields"));
  EXPECT_THAT(why(of("[('a', [('b', '<f4')])]", "(2,)", 8)), HasSubstr("field"));
  EXPECT_THAT(why(npy("{'shape': (2,)}", 8)), HasSubstr("lacks descr"));
  EXPECT_THAT(why(npy("{'shape': __import__('os')}", 8)), HasSubstr("broken header at character"));
  EXPECT_THAT(why(npy(std::string(100000, '('), 0, 2)), HasSubstr("broken header"));
  EXPECT_THAT(why("PK\x03\x04 something else"), HasSubstr("does not begin as one"));
  EXPECT_THAT(why(npy("{}", 0, 4)), HasSubstr("later version"));
}

TEST(Npy, CutOffAnywhereIsAnError) {
  const auto whole = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 24);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_npy(whole.substr(0, size))) << size;
}

}  // namespace
}  // namespace cresset::data
