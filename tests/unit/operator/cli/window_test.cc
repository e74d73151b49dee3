#include "operator/cli/window.h"

#include <gtest/gtest.h>

namespace cresset::cli::window_test {
namespace {

TEST(Framed, WritesOverWhatWasThereAndErasesTheRest) {
  EXPECT_EQ(framed("one\ntwo\n", {}), "\033[H\033[Kone\n\033[Ktwo\n\033[J");
}

TEST(Framed, CutsALineAtItsCharacters) {
  EXPECT_EQ(framed("gr\u00fc\u00dfe\n\u20ac\u20ac\u20ac\n", {.columns = 4}),
            "\033[H\033[Kgr\u00fc\u00df\n\033[K\u20ac\u20ac\u20ac\n\033[J");
}

TEST(Framed, LeavesALineForTheCursorAndTellsHowManyLinesAreNotShown) {
  EXPECT_EQ(framed("1\n2\n3\n", {.lines = 4}), "\033[H\033[K1\n\033[K2\n\033[K3\n\033[J");
  EXPECT_EQ(framed("1\n2\n3\n4\n5\n", {.lines = 4}),
            "\033[H\033[K1\n\033[K2\n\033[K\u2026 and 3 more\n\033[J");
  EXPECT_EQ(framed("1\n2\n", {.lines = 2}), "\033[H\033[K\u2026 and 2 more\n\033[J");
}

TEST(WindowOf, WhatIsNoTerminalIsThatOfMost) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(window_of(file).columns, 80U);
  EXPECT_EQ(window_of(file).lines, 24U);
  std::fclose(file);
}

}  // namespace
}  // namespace cresset::cli::window_test
