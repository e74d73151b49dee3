#include "controllers/common/gone_owners.h"

#include <gtest/gtest.h>

namespace cresset::controllers {
namespace {

kube::ObjectMeta job(const std::string& name, const std::string& uid = "u") {
  kube::ObjectMeta meta;
  meta.ns = "team";
  meta.name = name;
  meta.uid = base::Uid(uid);
  return meta;
}

TEST(GoneOwnersTest, AreTakenOnceTheNewestOfAName) {
  GoneOwners gone;
  gone.note(job("a", "u1"));
  gone.note(job("a", "u2"));
  EXPECT_FALSE(gone.take({"team", "b"}));
  const auto taken = gone.take({"team", "a"});
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->uid, base::Uid("u2"));
  EXPECT_FALSE(gone.take({"team", "a"}));
}

TEST(GoneOwnersTest, AreNotKeptWithoutBoundWhereNobodyTakesThem) {
  GoneOwners gone;
  for (size_t i = 0; i <= GoneOwners::kMost; ++i) gone.note(job(std::to_string(i)));
  EXPECT_TRUE(gone.take({"team", "0"}));
  EXPECT_FALSE(gone.take({"team", std::to_string(GoneOwners::kMost)}));
}

}  // namespace
}  // namespace cresset::controllers
