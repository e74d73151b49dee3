#include "worker/data/core/bad_rows.h"

#include <gmock/gmock.h>

namespace cresset::data::bad_rows_test {
namespace {

using testing::ElementsAre;

BadRows::Why wrong(int row) {
  return [row] { return "row " + std::to_string(row); };
}

TEST(BadRowsOfAJob, AreCountedOnceARowAndToldAscending) {
  BadRows bad(10);
  bad.begin_file("train: ", "a.csv");
  for (int row : {7, 3, 7}) EXPECT_TRUE(bad.add(row, wrong(row)));
  EXPECT_THAT(bad.finish_block(), ElementsAre(3, 7));
  EXPECT_TRUE(bad.add(wrong(9)));
  EXPECT_THAT(bad.finish_block(), ElementsAre());
  EXPECT_EQ(bad.count(), 3);
  EXPECT_THAT(bad.first(), ElementsAre("a.csv: row 3", "a.csv: row 7", "a.csv: row 9"));
}

TEST(BadRowsOfAJob, OnlyTheFirstTenAreNamedAndAskedWhatIsWrong) {
  BadRows bad(1000);
  bad.begin_file("", "a.csv");
  int asked = 0;
  for (int row = 0; row < 100; ++row)
    EXPECT_TRUE(bad.add(row, [&asked] { return "wrong " + std::to_string(++asked); }));
  EXPECT_EQ(bad.finish_block().size(), 100);
  EXPECT_EQ(asked, 10);
  EXPECT_EQ(bad.first().size(), 10);
  EXPECT_EQ(bad.count(), 100);
}

TEST(BadRowsOfAJob, AnotherReaderHasTheSameLimitAndItsRowsHaveRoomWithinIt) {
  BadRows bad(3);
  bad.begin_file("", "a.csv");
  EXPECT_TRUE(bad.add(wrong(0)));
  EXPECT_TRUE(bad.has_room_for(2));
  EXPECT_FALSE(bad.has_room_for(3));
  EXPECT_EQ(bad.of_another_reader().count(), 0);
  EXPECT_TRUE(bad.of_another_reader().has_room_for(3));
}

TEST(BadRowsOfAJob, TheLimitIsOverAllBlocksAndFiles) {
  BadRows bad(1);
  bad.begin_file("train: ", "a.csv");
  EXPECT_TRUE(bad.add(0, wrong(0)));
  bad.finish_block();
  bad.begin_file("train: ", "b.csv");
  const auto over = bad.add(0, wrong(0));
  ASSERT_FALSE(over);
  EXPECT_TRUE(bad.is_told(over.error()));
  EXPECT_EQ(over.error().message(),
            "spec.training.data.badRows.limit is 1, and more rows than that cannot be used; "
            "a.csv: row 0; b.csv: row 0");
}

TEST(BadRowsOfAJob, ThoseOfOtherProcessesCountTooAndFollowOnesOwn) {
  BadRows bad(3);
  bad.begin_file("train: ", "a.csv");
  EXPECT_TRUE(bad.add(0, wrong(0)));
  bad.finish_block();
  EXPECT_TRUE(bad.merge(2, {"b.csv: row 1", "b.csv: row 2"}));
  EXPECT_EQ(bad.count(), 3);
  EXPECT_THAT(bad.first(), ElementsAre("a.csv: row 0", "b.csv: row 1", "b.csv: row 2"));
  EXPECT_EQ(bad.merge(1, {"c.csv: row 1"}).error().message(),
            "spec.training.data.badRows.limit is 3, and more rows than that cannot be used; "
            "a.csv: row 0; b.csv: row 1; b.csv: row 2; c.csv: row 1");
}

TEST(BadRowsOfAJob, WithoutALimitTheFirstIsTheErrorBehindItsField) {
  BadRows bad;
  bad.begin_file("train: ", "a.csv");
  EXPECT_FALSE(bad.is_told(base::invalid("anything")));
  EXPECT_EQ(bad.add(4, wrong(4)).error().message(), "train: a.csv: row 4");
}

}  // namespace
}  // namespace cresset::data::bad_rows_test
