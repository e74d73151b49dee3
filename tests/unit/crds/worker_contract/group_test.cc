#include "crds/worker_contract/group.h"

#include <gtest/gtest.h>

namespace cresset::worker_contract {
namespace {

TEST(Members, RunsOfIndicesBecomeRanges) {
  EXPECT_EQ(format_members({}), "");
  EXPECT_EQ(format_members({3}), "3");
  EXPECT_EQ(format_members({0, 1, 2, 4, 6, 7}), "0-2,4,6-7");
}

TEST(Members, RangesComeBackAsTheIndices) {
  for (const std::vector<int>& indices :
       {std::vector<int>{}, {0}, {0, 1}, {0, 2, 3, 4, 9}, {5, 7, 9}}) {
    const auto parsed = parse_members(format_members(indices));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, indices);
  }
}

TEST(Members, WhatIsNoAscendingRangeIsRefused) {
  for (const char* text : {"a", "1-", "-1", "2-1", "1,1", "3,2", "0-2,2", "1,", ",1", "0-99999",
                           "0 - 2", "99999999999"}) {
    const auto parsed = parse_members(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message().find(text), std::string::npos) << parsed.error().message();
  }
}

TEST(Members, TheDigestChangesWithAnyPodAndItsIndex) {
  const std::string digest = members_digest({{0, base::Uid("a")}, {1, base::Uid("b")}});
  EXPECT_EQ(digest, members_digest({{1, base::Uid("b")}, {0, base::Uid("a")}}));
  EXPECT_NE(digest, members_digest({{0, base::Uid("b")}, {1, base::Uid("a")}}));
  EXPECT_NE(digest, members_digest({{0, base::Uid("a")}, {2, base::Uid("b")}}));
  EXPECT_NE(digest, members_digest({{0, base::Uid("a")}}));
}

}  // namespace
}  // namespace cresset::worker_contract
