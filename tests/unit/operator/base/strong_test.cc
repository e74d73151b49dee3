#include "operator/base/strong.h"

#include <gtest/gtest.h>

#include <sstream>
#include <unordered_set>

namespace cresset::base {
namespace {

static_assert(!std::is_convertible_v<int, Rank>);
static_assert(!std::is_convertible_v<Rank, int>);
static_assert(!std::is_assignable_v<Rank&, WorldSize>);

TEST(Strong, ComparesAndHashesLikeWhatItHolds) {
  EXPECT_EQ(Rank(3), Rank(3));
  EXPECT_LT(Rank(2), Rank(3));
  EXPECT_EQ(std::unordered_set<Uid>({Uid("a"), Uid("b"), Uid("a")}).size(), 2u);
}

TEST(Strong, PrintsAndGivesItsValue) {
  std::ostringstream out;
  out << WorldSize(8) << " " << Uid("u");
  EXPECT_EQ(out.str(), "8 u");
  EXPECT_EQ(Round(4).value(), 4);
  EXPECT_EQ(Rank().value(), 0);
}

}  // namespace
}  // namespace cresset::base
