#include "controllers/common/expectations.h"

#include <gtest/gtest.h>

#include <set>

namespace cresset::controllers {
namespace {

using namespace std::chrono_literals;

class ExpectationsTest : public ::testing::Test {
 protected:
  kube::ObjectMeta owner(const std::string& version, const std::string& uid = "job") {
    kube::ObjectMeta meta;
    meta.ns = "team";
    meta.name = "digits";
    meta.uid = base::Uid(uid);
    meta.resource_version = base::ResourceVersion(version);
    return meta;
  }
  auto wait(const kube::ObjectMeta& now) {
    return expectations_.wait_for(now, [this](const Change& change) {
      const auto* made = std::get_if<Create>(&change);
      return made == nullptr || seen_.contains(made->key.name);
    });
  }
  Plan creates(const std::string& name) {
    return {.changes = {Create{kube::kPods, {"team", name}, nullptr}}};
  }

  base::ManualClock clock_;
  Expectations expectations_{clock_};
  std::set<std::string> seen_;
};

TEST_F(ExpectationsTest, NothingIsWaitedForWhenNothingWasWritten) {
  expectations_.note(owner("1"), {});
  EXPECT_FALSE(wait(owner("1")));
  EXPECT_EQ(expectations_.size(), 0U);
}

TEST_F(ExpectationsTest, WaitsUntilTheCacheShowsWhatWasMade) {
  expectations_.note(owner("1"), creates("digits-0"));
  EXPECT_EQ(wait(owner("1")), 5000ms);
  seen_.insert("digits-0");
  EXPECT_FALSE(wait(owner("1")));
  EXPECT_EQ(expectations_.size(), 0U);
}

TEST_F(ExpectationsTest, OfAThousandOwnersThatComeAndGoNothingIsKeptAndTheGaugeSaysSo) {
  base::Metrics metrics;
  Expectations kept(clock_, &metrics.gauge("kept", "Owners"));
  std::vector<kube::ObjectKey> keys;
  for (int i = 0; i < 1000; ++i) {
    auto meta = owner("1", "job-" + std::to_string(i));
    meta.name += "-" + std::to_string(i);
    kept.note(meta, creates(meta.name + "-0"));
    keys.push_back(meta.key());
  }
  EXPECT_NE(metrics.render().find("\nkept 1000\n"), std::string::npos) << metrics.render();
  for (const auto& key : keys) kept.forget(key);
  EXPECT_EQ(kept.size(), 0U);
  EXPECT_NE(metrics.render().find("\nkept 0\n"), std::string::npos) << metrics.render();
}

TEST_F(ExpectationsTest, WaitsUntilTheCacheHasLeftTheVersionThatWasWrittenOver) {
  expectations_.note(owner("1"), {.status = base::Json::object()});
  EXPECT_TRUE(wait(owner("1")));
  EXPECT_FALSE(wait(owner("2")));
}

TEST_F(ExpectationsTest, WaitsUntilTheCacheHasLeftAVersionThatWasFoundToBeOld) {
  expectations_.note(owner("1"), {}, true);
  EXPECT_EQ(wait(owner("1")), 5000ms);
  EXPECT_FALSE(wait(owner("2")));
  EXPECT_EQ(expectations_.size(), 0U);
}

TEST_F(ExpectationsTest, WhatWasDoneAndWhatWasToldOfItsEndAreWaitedForTogether) {
  expectations_.note(owner("1"), creates("digits-0"));
  expectations_.note(owner("1"), {.status = base::Json::object()});
  expectations_.note(owner("1"), {});
  EXPECT_TRUE(wait(owner("2"))) << "the pod is not seen";
  seen_.insert("digits-0");
  EXPECT_TRUE(wait(owner("1"))) << "the status is not seen";
  EXPECT_FALSE(wait(owner("2")));
  EXPECT_EQ(expectations_.size(), 0U);
}

TEST_F(ExpectationsTest, WhatWasDoneForAnEarlierObjectOfTheNameIsNotWaitedFor) {
  expectations_.note(owner("1"), creates("digits-0"));
  expectations_.note(owner("9", "another"), creates("digits-1"));
  seen_.insert("digits-1");
  EXPECT_FALSE(wait(owner("9", "another")));
}

TEST_F(ExpectationsTest, PatienceEnds) {
  expectations_.note(owner("1"), creates("digits-0"));
  clock_.advance(4s);
  EXPECT_EQ(wait(owner("1")), 1000ms);
  clock_.advance(1s);
  EXPECT_FALSE(wait(owner("1")));
}

TEST_F(ExpectationsTest, ANewObjectOfTheNameWaitsForNothing) {
  expectations_.note(owner("1"), creates("digits-0"));
  EXPECT_FALSE(wait(owner("9", "another")));
}

TEST_F(ExpectationsTest, WhatIsGoneIsForgotten) {
  expectations_.note(owner("1"), creates("digits-0"));
  expectations_.forget({"team", "digits"});
  EXPECT_EQ(expectations_.size(), 0U);
}

class ShowsTest : public ::testing::Test {
 protected:
  Child deployment(int replicas, const std::string& uid = "ours") {
    Child child{.spec = {{"replicas", replicas}, {"revisionHistoryLimit", 10}}};
    child.meta.uid = base::Uid(uid);
    return child;
  }
  base::Json spec(int replicas) { return {{"spec", {{"replicas", replicas}}}}; }

  const kube::ObjectKey key_{"team", "digits"};
  const base::Uid ours_{"ours"}, owner_{"owner"};

  static std::vector<kube::OwnerReference> owned_by(const std::string& uid) {
    return {{"cresset.dev/v1alpha1", "TrainingJob", "digits", base::Uid(uid), true}};
  }
  bool shows(const Child* cached, const Change& change) {
    return controllers::shows(cached, change, owner_);
  }
};

TEST_F(ShowsTest, WhatWasMadeIsShownOnceItIsThereAndNotByWhatAnEarlierOwnerLeft) {
  auto there = deployment(1);
  const Create made{kube::kDeployments, key_, spec(1)};
  EXPECT_FALSE(shows(nullptr, made));
  there.meta.owners = owned_by("earlier");
  EXPECT_FALSE(shows(&there, made));
  there.meta.owners = owned_by("owner");
  EXPECT_TRUE(shows(&there, made));
}

TEST_F(ShowsTest, WhatWasMadeIsNotShownWithoutTheLabelsThatItIsFoundBy) {
  auto there = deployment(1);
  there.meta.owners = owned_by("owner");
  const base::Json labels = {{"app.kubernetes.io/part-of", "cresset"},
                             {"cresset.dev/revision", "abc"}};
  const Create made{kube::kDeployments, key_, {{"metadata", {{"labels", labels}}}}};
  EXPECT_FALSE(shows(&there, made));
  there.meta.labels = kube::Texts{{"cresset.dev/revision", "abd"}};
  EXPECT_FALSE(shows(&there, made));
  there.meta.labels = kube::Texts{{"cresset.dev/revision", "abc"}};
  EXPECT_TRUE(shows(&there, made)) << "a cache keeps no others";
}

TEST_F(ExpectationsTest, OfWhatWasMadeTheLabelsAreRemembered) {
  const base::Json labels = {{"cresset.dev/revision", "abc"}};
  const base::Json object = {{"metadata", {{"name", "digits"}, {"labels", labels}}}, {"spec", 7}};
  expectations_.note(owner("1"),
                     {.changes = {Create{kube::kServices, {"team", "digits"}, object}}});
  base::Json remembered;
  expectations_.wait_for(owner("1"), [&](const Change& change) {
    remembered = std::get<Create>(change).object;
    return false;
  });
  EXPECT_EQ(remembered, base::Json({{"metadata", {{"labels", labels}}}}));
}

TEST_F(ShowsTest, WhatWasDeletedIsShownByAnotherOneOrByItsGoing) {
  auto there = deployment(1);
  const Delete gone{kube::kDeployments, key_, ours_, {}};
  EXPECT_FALSE(shows(&there, gone));
  there.meta.deleted = base::WallTime();
  EXPECT_TRUE(shows(&there, gone));
  const auto next = deployment(1, "another");
  EXPECT_TRUE(shows(&next, gone));
  EXPECT_TRUE(shows(nullptr, gone));
}

TEST_F(ShowsTest, WhatWasChangedIsShownByItsSpec) {
  const auto before = deployment(1), after = deployment(2), other = deployment(1, "another");
  const Patch patch{kube::kDeployments, key_, ours_, spec(2)};
  const Apply apply{kube::kDeployments, key_, ours_, spec(2)};
  for (const Change& change : {Change(patch), Change(apply)}) {
    EXPECT_FALSE(shows(&before, change));
    EXPECT_TRUE(shows(&after, change));
    EXPECT_TRUE(shows(&other, change)) << "there is nothing left to wait for";
    EXPECT_TRUE(shows(nullptr, change));
  }
  const Patch note{kube::kDeployments, key_, ours_, {{"metadata", {{"labels", {{"a", "b"}}}}}}};
  EXPECT_TRUE(shows(&before, note));
}

TEST_F(ShowsTest, WhatWasTakenOutIsShownOnceItIsNotThere) {
  const auto before = deployment(1);
  auto after = before;
  after.spec.erase("revisionHistoryLimit");
  const Patch taken{
      kube::kDeployments, key_, ours_, {{"spec", {{"revisionHistoryLimit", nullptr}}}}};
  EXPECT_FALSE(shows(&before, taken));
  EXPECT_TRUE(shows(&after, taken));
}

TEST(Shows, APatchIsNotShownWhileAnItemOfItsListsHasAKeyThatItTookAway) {
  const base::Json port{{"name", "http"}, {"port", 80}};
  const Patch patch{.resource = kube::kServices,
                    .key = {"team", "digits"},
                    .uid = base::Uid("a"),
                    .patch = {{"spec", {{"ports", base::Json::array({port})}}}}};
  Child cached;
  cached.meta.uid = base::Uid("a");
  auto& found = cached.spec["ports"][0];
  found = port;
  found["appProtocol"] = "http";
  EXPECT_FALSE(shows(&cached, patch, base::Uid("owner")));
  found.erase("appProtocol");
  found["protocol"] = "TCP";  // which the API server fills in
  EXPECT_TRUE(shows(&cached, patch, base::Uid("owner")));
}

}  // namespace
}  // namespace cresset::controllers
