#include "controllers/training_job/gone_jobs.h"

#include <atomic>

#include "tests/unit/controllers/training_job/reconciler_fixture.h"

namespace cresset::controllers::training_job {
namespace {

class GoneJobsTest : public ReconcilerTest {
 protected:
  // A job of three with its pods, and one of another with two.
  void run_two_jobs() {
    api_.stop_collecting();
    submit(3);
    submit_as("other", 2);
    start();
    ASSERT_TRUE(api_.wait_for([&] { return jobs_->pods().store().size() == 5; }));
  }
};

TEST_F(GoneJobsTest, TheirPodsAreDeletedAtOnceAndNoOthers) {
  run_two_jobs();
  api_.erase(kube::kTrainingJobs, kKey);
  ASSERT_TRUE(api_.wait_for([&] { return pods() == 2; }));
  EXPECT_TRUE(api_.find(kube::kPods, {"team", "other-0"}));
  EXPECT_TRUE(api_.find(kube::kPods, {"team", "other-1"}));
}

TEST_F(GoneJobsTest, APodThatWasGivenAwayFirstStays) {
  run_two_jobs();
  api_.keep_back(kube::kPods);
  const kube::ObjectKey given{"team", "digits-1"};
  ASSERT_TRUE(api_.merge_patch(kube::kPods, given, {{"metadata", {{"ownerReferences", nullptr}}}}));
  api_.erase(kube::kTrainingJobs, kKey);
  ASSERT_TRUE(api_.wait_for([&] { return pods() == 3 && api_.calls("remove").size() == 3; }));
  EXPECT_TRUE(api_.find(kube::kPods, given)) << "kubectl delete --cascade=orphan";
}

TEST_F(GoneJobsTest, WhileNobodySaysWhetherAJobIsGoneItsPodsStay) {
  run_two_jobs();
  std::atomic<int> asked = 0;
  api_.set_fault([&](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb != "list" || !(call.resource == kube::kTrainingJobs)) return std::nullopt;
    ++asked;
    return base::unavailable("503");
  });
  const int before = reconciles();
  api_.erase(kube::kTrainingJobs, kKey);
  ASSERT_TRUE(api_.wait_for([&] { return asked >= 1 && reconciles() > before; }));
  EXPECT_TRUE(api_.calls("remove").empty());
  EXPECT_EQ(pods(), 5U);
}

TEST(PlanOfGoneJobs, DeletesWhatDoesNotGoAlreadyAsItWasSeen) {
  const auto pod = [](const std::string& name, bool going, int owners = 1) {
    Pod one;
    one.meta.ns = "team";
    one.meta.name = name;
    one.meta.uid = base::Uid("uid of " + name);
    one.meta.resource_version = base::ResourceVersion("7");
    one.meta.owners = kube::Owners(static_cast<size_t>(owners));
    if (going) one.meta.deleted = base::WallTime();
    return std::make_shared<const Pod>(std::move(one));
  };
  const Plan plan = plan_gone({pod("a", false), pod("b", true), pod("c", false, 2)});
  ASSERT_EQ(plan.changes.size(), 1U) << "another owner keeps c";
  const auto& gone = std::get<Delete>(plan.changes[0]);
  EXPECT_EQ(gone.key, (kube::ObjectKey{"team", "a"}));
  EXPECT_EQ(gone.uid, base::Uid("uid of a"));
  EXPECT_EQ(gone.version, base::ResourceVersion("7"));
}

}  // namespace
}  // namespace cresset::controllers::training_job
