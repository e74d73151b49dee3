// Headers of NumPy's files that say much and are followed by nothing.
#include <gmock/gmock.h>

#include "worker/data/data_file.h"

namespace cresset::data::numpy_file_test {
namespace {

using testing::HasSubstr;

std::string npy(const std::string& type, const std::string& shape, bool fortran_order = false) {
  const std::string header = "{'descr': " + type +
                             ", 'fortran_order': " + (fortran_order ? "True" : "False") +
                             ", 'shape': " + shape + "}";
  return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(header.size()) + '\0' + header;
}

std::string why(const std::string& bytes) {
  const auto file = open_npy(bytes);
  return file ? "no error" : file.error().message();
}

TEST(NumpyHeaders, OfMoreColumnsThanCanBeAreRefusedBeforeTheyFillTheMemory) {
  const std::string wanted = "more than 1048576 columns";
  for (const bool fortran_order : {false, true})
    for (const char* shape :
         {"(0, 1048577)", "(0, 1024, 1025)", "(0, 281474976710656)", "(1, 281474976710656, 0)"})
      EXPECT_THAT(why(npy("'<f4'", shape, fortran_order)), HasSubstr(wanted)) << shape;
  EXPECT_THAT(why(npy("[('v', '<f4', (1024,))]", "(0, 1025)")), HasSubstr(wanted));
  EXPECT_THAT(why(npy("[('v', '<f4', (1073741824, 0)), ('x', '<f4')]", "(0, 281474976710656)")),
              HasSubstr(wanted));
  EXPECT_THAT(why(npy("[('v', '<f4', (524288,)), ('w', '<f4', (524288,)), ('x', '<f4')]", "(0,)")),
              HasSubstr(wanted));
}

TEST(NumpyHeaders, OfAsManyColumnsAsCanBeAreRead) {
  for (const bool fortran_order : {false, true}) {
    const std::string bytes = npy("'<f4'", "(0, 1024, 1024)", fortran_order);
    const auto file = open_npy(bytes);
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_EQ((*file)->columns().front(), (FileColumn{"x", 1048576}));
  }
}

TEST(NumpyHeaders, OfRowsWithoutValuesAreRefused) {
  for (const bool fortran_order : {false, true})
    EXPECT_EQ(why(npy("'<f4'", "(3, 2, 0)", fortran_order)),
              "the array \"x\" has no values in its rows");
}

}  // namespace
}  // namespace cresset::data::numpy_file_test
