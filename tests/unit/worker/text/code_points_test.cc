#include "worker/text/code_points.h"

#include <gmock/gmock.h>

#include <vector>

namespace cresset::text {
namespace code_points_test {

using testing::ElementsAre;

std::vector<int32_t> points_of(std::string_view text) {
  std::vector<int32_t> points;
  while (!text.empty()) points.push_back(take_code_point(text));
  return points;
}

TEST(CodePoints, AreThoseOfUtf8AndEachByteThatBeginsNoneIsAReplacement) {
  EXPECT_THAT(points_of("aé東😀"), ElementsAre('a', 0xE9, 0x6771, 0x1F600));
  EXPECT_THAT(points_of("a\xFFz"), ElementsAre('a', 0xFFFD, 'z'));
  EXPECT_THAT(points_of("\xE6\x9D"), ElementsAre(0xFFFD, 0xFFFD));
  EXPECT_THAT(points_of(""), ElementsAre());
}

TEST(CodePoints, AreWrittenAsTheyWereRead) {
  std::string again;
  const std::string text = "aé東😀";
  for (const auto point : points_of(text)) append(point, again);
  EXPECT_EQ(again, text);
}

}  // namespace code_points_test
}  // namespace cresset::text
