#include "controllers/common/mend_budget.h"

#include <gtest/gtest.h>

#include <string>

#include "operator/kube/core/resource.h"

namespace cresset::controllers::mend_budget_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const kube::ObjectKey kOwner{"team", "digits"};

class MendBudgetTest : public ::testing::Test {
 protected:
  static Patch mend_of(const std::string& uid) {
    return {.resource = kube::kServices,
            .key = {"team", "digits-workers"},
            .uid = base::Uid(uid),
            .patch = {{"spec", base::Json::object()}},
            .can_wait = true};
  }
  // What becomes of a plan for the owner in which that child is put back.
  Plan looked_at(const std::string& uid = "service") {
    Plan plan;
    plan.changes.emplace_back(mend_of(uid));
    mends_.hold_back(kOwner, plan, now_);
    return plan;
  }
  bool is_put_back(const std::string& uid = "service") {
    const Plan plan = looked_at(uid);
    mends_.note(kOwner, plan, now_);
    return !plan.changes.empty();
  }
  void quarrel() {
    for (int times = 0; times < MendBudget::kAtOnce; ++times) EXPECT_TRUE(is_put_back()) << times;
  }

  base::MonoTime now_{std::chrono::hours(1)};
  MendBudget mends_;
};

TEST_F(MendBudgetTest, AFewChangesInARowArePutBackAtOnceAndTheNextWaits) {
  quarrel();
  now_ += seconds(5);
  const Plan plan = looked_at();
  EXPECT_TRUE(plan.changes.empty());
  EXPECT_EQ(plan.again_after, milliseconds(55000));
}

TEST_F(MendBudgetTest, AQuarrelOfTenMinutesCostsAWriteAMinute) {
  int writes = 0;
  for (auto passed = seconds(0); passed < seconds(600); passed += seconds(5), now_ += seconds(5))
    writes += is_put_back() ? 1 : 0;
  EXPECT_EQ(writes, 12) << "at 0, 5 and 10 s, then at 70, 130, … 550";
}

TEST_F(MendBudgetTest, AfterACalmWhileItIsAtOnceAgain) {
  quarrel();
  now_ += MendBudget::kCalm;
  quarrel();
  EXPECT_FALSE(is_put_back());
}

TEST_F(MendBudgetTest, WhileItIsChangedThereIsNoCalm) {
  quarrel();
  now_ += seconds(59);
  EXPECT_FALSE(is_put_back());
  now_ += MendBudget::kCalm - seconds(1);
  EXPECT_TRUE(is_put_back());
  EXPECT_FALSE(is_put_back()) << "it was changed a minute and 59 seconds before";
}

TEST_F(MendBudgetTest, EachObjectIsCountedForItself) {
  quarrel();
  EXPECT_FALSE(is_put_back());
  EXPECT_TRUE(is_put_back("policy"));
  EXPECT_TRUE(is_put_back("the next service of that name"));
}

TEST_F(MendBudgetTest, WhatElseIsInThePlanIsDoneAndNotLater) {
  quarrel();
  Plan plan;
  Patch turn = mend_of("service");
  turn.can_wait = false;
  plan.changes.emplace_back(Create{kube::kPods, {"team", "digits-0"}, nullptr});
  plan.changes.emplace_back(mend_of("service"));
  plan.changes.emplace_back(turn);
  plan.again_after = milliseconds(1000);
  mends_.hold_back(kOwner, plan, now_);
  ASSERT_EQ(plan.changes.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Create>(plan.changes[0]));
  EXPECT_FALSE(std::get<Patch>(plan.changes[1]).can_wait);
  EXPECT_EQ(plan.again_after, milliseconds(1000));
}

TEST_F(MendBudgetTest, WhatWasNotDoneDoesNotCount) {
  for (int times = 0; times < 10; ++times) EXPECT_FALSE(looked_at().changes.empty());
  Plan plan;
  plan.changes.emplace_back(Create{kube::kPods, {"team", "digits-0"}, nullptr});
  mends_.note(kOwner, plan, now_);
  EXPECT_EQ(mends_.size(), 0U);
}

TEST_F(MendBudgetTest, NothingIsKeptOfThoseThatAreGoneOrCalm) {
  EXPECT_TRUE(is_put_back());
  EXPECT_EQ(mends_.size(), 1U);
  mends_.forget(kOwner);
  EXPECT_EQ(mends_.size(), 0U);
  EXPECT_TRUE(is_put_back());
  now_ += MendBudget::kCalm;
  Plan nothing;
  mends_.hold_back(kOwner, nothing, now_);
  EXPECT_EQ(mends_.size(), 0U);
}

}  // namespace
}  // namespace cresset::controllers::mend_budget_test
