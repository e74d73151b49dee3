#include "worker/data/core/row_numbers.h"

#include <gtest/gtest.h>

namespace cresset::data {
namespace {

TEST(RowNumbers, ARowIsToldWithItsNumber) {
  RowNumbers lines("line");
  for (const int64_t line : {2, 3, 5, 6, 9}) lines.add(line);
  EXPECT_EQ(lines.rows(), 5);
  EXPECT_EQ(lines.place(0), "row 1 (line 2)");
  EXPECT_EQ(lines.place(1), "row 2 (line 3)");
  EXPECT_EQ(lines.place(2), "row 3 (line 5)");
  EXPECT_EQ(lines.place(3), "row 4 (line 6)");
  EXPECT_EQ(lines.place(4), "row 5 (line 9)");
}

TEST(RowNumbers, AFormatThatCountsByNothingElseTellsTheRowAlone) {
  EXPECT_EQ(RowNumbers().place(6), "row 7");
}

TEST(RowNumbers, ARowThatNobodyAddedHasNoNumber) {
  RowNumbers lines("line");
  EXPECT_EQ(lines.place(0), "row 1");
  EXPECT_EQ(lines.number(0), 1);
  lines.add(3);
  EXPECT_EQ(lines.place(1), "row 2");
  EXPECT_EQ(lines.number(1), 4);
}

}  // namespace
}  // namespace cresset::data
