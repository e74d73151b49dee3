#include "worker/data/core/glob.h"

#include <gtest/gtest.h>

#include <string>

namespace cresset::data {
namespace {

TEST(Glob, StarTakesAnyRunAndQuestionMarkOneCharacter) {
  EXPECT_TRUE(glob_matches("pixel*", "pixel783"));
  EXPECT_TRUE(glob_matches("pixel*", "pixel"));
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("a*b*c", "axxbyybzc"));
  EXPECT_TRUE(glob_matches("pixel?", "pixel7"));
  EXPECT_FALSE(glob_matches("pixel?", "pixel"));
  EXPECT_FALSE(glob_matches("pixel*", "xpixel1"));
  EXPECT_FALSE(glob_matches("a*b", "abx"));
}

TEST(Glob, EverythingElseIsItself) {
  EXPECT_TRUE(glob_matches("a.b[1]", "a.b[1]"));
  EXPECT_FALSE(glob_matches("a.b", "axb"));
}

TEST(Glob, APatternOfManyStarsIsNotSlow) {
  std::string pattern;
  for (int i = 0; i < 2000; ++i) pattern += "*a";
  EXPECT_FALSE(glob_matches(pattern + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace cresset::data
