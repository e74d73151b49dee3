#include "worker/data/core/number_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace cresset::data::number_text_test {
namespace {

TEST(NumberText, OfAWholeNumberHasNeitherPointNorExponentWhateverItsType) {
  EXPECT_EQ(number_text(1e5), "100000");
  EXPECT_EQ(number_text(-1e5F), "-100000");
  EXPECT_EQ(number_text(int64_t{100000}), "100000");
  EXPECT_EQ(number_text(-0.0), "0");
  EXPECT_EQ(number_text(0x1p62), number_text(int64_t{1} << 62));
  EXPECT_EQ(number_text(-0x1p62F), number_text(-(int64_t{1} << 62)));
}

TEST(NumberText, OfAnyOtherIsTheShortestThatMeansIt) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(0.1F), "0.1");
  EXPECT_EQ(number_text(1e300), "1e+300");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(number_text(0x1p63), "9223372036854775808");
}

}  // namespace
}  // namespace cresset::data::number_text_test
