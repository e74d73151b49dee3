#include "worker/data/core/row_origins.h"

#include <gtest/gtest.h>

namespace cresset::data::row_origins_test {
namespace {

RowOrigins of_two_files() {
  RowNumbers lines("line");
  for (int64_t line = 2; line < 12; ++line) lines.add(line);
  RowOrigins origins;
  origins.begin_file("a.csv", lines);
  origins.add(0, 5);
  origins.add(6, 0);
  origins.add(6, 4);  // the sixth is left out
  origins.begin_file("b.npy", {});
  origins.add(0, 2);
  origins.add(2, 2);
  return origins;
}

TEST(RowOrigins, EachRowIsToldByItsFileAndWhereItStandsThere) {
  const auto origins = of_two_files();
  EXPECT_EQ(origins.at(0), (RowOrigin{"a.csv", "row 1 (line 2)"}));
  EXPECT_EQ(origins.at(4), (RowOrigin{"a.csv", "row 5 (line 6)"}));
  EXPECT_EQ(origins.at(5), (RowOrigin{"a.csv", "row 7 (line 8)"}));
  EXPECT_EQ(origins.at(8), (RowOrigin{"a.csv", "row 10 (line 11)"}));
  EXPECT_EQ(origins.at(9), (RowOrigin{"b.npy", "row 1"}));
  EXPECT_EQ(origins.at(12), (RowOrigin{"b.npy", "row 4"}));
}

TEST(RowOrigins, ThoseOfAnotherTableFollow) {
  RowOrigins origins;
  origins.begin_file("c.csv", {});
  origins.add(1, 2);
  origins.append(of_two_files());
  origins.begin_file("d.csv", {});
  origins.add(0, 1);
  EXPECT_EQ(origins.at(1), (RowOrigin{"c.csv", "row 3"}));
  EXPECT_EQ(origins.at(2), (RowOrigin{"a.csv", "row 1 (line 2)"}));
  EXPECT_EQ(origins.at(7), (RowOrigin{"a.csv", "row 7 (line 8)"}));
  EXPECT_EQ(origins.at(14), (RowOrigin{"b.npy", "row 4"}));
  EXPECT_EQ(origins.at(15), (RowOrigin{"d.csv", "row 1"}));
}

TEST(RowOrigins, RowsThatWereTakenAreToldByWhereTheyCameFrom) {
  const auto taken = of_two_files().take({12, 4, 5, 9, 10}).take({0, 2, 3, 4});
  EXPECT_EQ(taken.at(0), (RowOrigin{"b.npy", "row 4"}));
  EXPECT_EQ(taken.at(1), (RowOrigin{"a.csv", "row 7 (line 8)"}));
  EXPECT_EQ(taken.at(2), (RowOrigin{"b.npy", "row 1"}));
  EXPECT_EQ(taken.at(3), (RowOrigin{"b.npy", "row 2"}));
}

}  // namespace
}  // namespace cresset::data::row_origins_test
