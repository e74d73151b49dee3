#include "operator/base/clean_text.h"

#include <gtest/gtest.h>

namespace cresset::base {
namespace {

TEST(CleanText, IsOneLineWithoutControlCharacters) {
  EXPECT_EQ(clean_end("a\r\n\tb\x1b[31mc\x7f", 100), "a b [31mc");
  EXPECT_EQ(clean_end("  ends \n\n", 100), "ends");
  EXPECT_EQ(clean_end("\xC2\x9B"
                      "31m",
                      100),
            "31m")
      << "C1 controls are controls too";
  EXPECT_EQ(clean_end(std::string_view("a\0b", 3), 100), "a b");
}

TEST(CleanText, IsValidUtf8) {
  EXPECT_EQ(clean_end("gr\u00fc\u00df \u20ac \U0001F600", 100), "gr\u00fc\u00df \u20ac \U0001F600");
  EXPECT_EQ(clean_end("a\xff"
                      "b\xC3",
                      100),
            "a?b?");
  EXPECT_EQ(clean_end("\xC0\xAF", 100), "??") << "overlong";
  EXPECT_EQ(clean_end("\xED\xA0\x80", 100), "???") << "half of a surrogate";
  EXPECT_EQ(clean_end("\xF4\x90\x80\x80", 100), "????") << "beyond the last character";
}

TEST(CleanText, KeepsTheEndAndCutsBetweenCharacters) {
  EXPECT_EQ(clean_end("0123456789", 4), "6789");
  EXPECT_EQ(clean_end("a\u20acb", 3), "b") << "two of the three bytes of the sign are left out too";
  EXPECT_EQ(clean_end("abc", 0), "");
}

TEST(CleanText, KeepsTheBeginningAndSaysThatThereWasMore) {
  EXPECT_EQ(clean_begin("a\r\n\tb\x1b[31mc\x7f\xff\n", 100), "a b [31mc ?");
  EXPECT_EQ(clean_begin("0123456789", 10), "0123456789");
  EXPECT_EQ(clean_begin("0123456789", 9), "012345...");
  EXPECT_EQ(clean_begin("012345\u20ac789", 11), "012345...") << "no part of a sign is kept";
  EXPECT_EQ(clean_begin("ends    \n\n", 5), "ends");
  EXPECT_EQ(clean_begin("abc", 2), "..");
  EXPECT_EQ(clean_begin("abc", 0), "");
}

TEST(CleanText, OfALineKeepsItsSpacesAndTabs) {
  EXPECT_EQ(clean_line("  a \t b\x1b[31m\x7f\xff\r", 100), "  a \t b[31m?");
  EXPECT_EQ(clean_line("a\xC2\x9B"
                       "31m\nb ",
                       100),
            "a31m b ");
  EXPECT_EQ(clean_line("0123456789", 9), "012345...");
}

}  // namespace
}  // namespace cresset::base
