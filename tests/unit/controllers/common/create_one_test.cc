#include "controllers/common/create_one.h"

#include <gmock/gmock.h>

#include "controllers/common/names.h"
#include "tests/support/fake_api.h"

namespace cresset::controllers {
namespace {

using base::Json;
using ::testing::HasSubstr;

class CreateOneTest : public ::testing::Test {
 protected:
  Create child(const kube::Resource& resource) {
    return {resource,
            {"team", "digits-0"},
            {{"metadata",
              {{"name", "digits-0"},
               {"labels", {{"app", "digits"}, {"index", "0"}}},
               {"ownerReferences", owner_references(kube::kTrainingJobs, owner_)}}}}};
  }
  // Made, and then without one of its labels.
  Json stripped(const kube::Resource& resource, const Json& labels = {{"index", nullptr}}) {
    EXPECT_TRUE(make(resource));
    return *api_.merge_patch(resource, key_, {{"metadata", {{"labels", labels}}}});
  }
  base::Result<void> make(const kube::Resource& resource) {
    return create_one(api_, child(resource), {kube::kTrainingJobs, owner_});
  }
  Json labels(const kube::Resource& resource) {
    return (*api_.find(resource, key_))["metadata"]["labels"];
  }

  testing::FakeApi api_;
  const kube::ObjectKey key_{"team", "digits-0"};
  kube::ObjectMeta owner_{.ns = "team", .name = "digits", .uid = base::Uid("job")};
};

TEST_F(CreateOneTest, WhatIsOursAlreadyCostsNoWrite) {
  ASSERT_TRUE(make(kube::kServices));
  const auto version = api_.version();
  EXPECT_TRUE(make(kube::kServices));
  EXPECT_EQ(api_.version(), version);
}

TEST_F(CreateOneTest, LabelsOfOthersMayStandBesideOurs) {
  stripped(kube::kPods, {{"team", "vision"}});
  const auto version = api_.version();
  EXPECT_TRUE(make(kube::kPods));
  EXPECT_EQ(api_.version(), version);
}

TEST_F(CreateOneTest, LabelsThatWereTakenAwayAreGivenBack) {
  for (const auto& kind : {kube::kServices, kube::kNetworkPolicies, kube::kDeployments})
    for (const Json& taken : {Json{{"index", nullptr}}, Json{{"index", "7"}}, Json()}) {
      stripped(kind, taken);
      ASSERT_TRUE(make(kind));
      EXPECT_EQ(labels(kind), (Json{{"app", "digits"}, {"index", "0"}})) << kind.kind << taken;
    }
}

TEST_F(CreateOneTest, APodWithoutItsLabelsIsDeletedAndThenMadeAnew) {
  const auto before = kube::decode_meta(stripped(kube::kPods));
  const auto done = make(kube::kPods);
  ASSERT_FALSE(done);
  EXPECT_TRUE(base::is_conflict(done.error()));
  EXPECT_EQ(done.error().message(),
            "Pod team/digits-0 is going away; it is made anew once it is gone");
  ASSERT_TRUE(make(kube::kPods));
  EXPECT_NE(kube::decode_meta(*api_.find(kube::kPods, key_)).uid, before.uid);
}

TEST_F(CreateOneTest, APodThatTakesItsTimeToGoIsDeletedOnce) {
  stripped(kube::kPods);
  ASSERT_TRUE(api_.merge_patch(kube::kPods, key_, {{"metadata", {{"finalizers", {"kubelet"}}}}}));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(base::is_conflict(make(kube::kPods).error()));
  EXPECT_EQ(api_.calls("remove").size(), 1U);
}

TEST_F(CreateOneTest, OfSomebodyElseNothingIsTouched) {
  const auto theirs =
      api_.seed(kube::kPods, {{"metadata", {{"name", key_.name}, {"namespace", key_.ns}}}});
  EXPECT_THAT(make(kube::kPods).error().message(), HasSubstr("belongs to somebody else"));
  EXPECT_EQ(api_.find(kube::kPods, key_), theirs);
}

}  // namespace
}  // namespace cresset::controllers
