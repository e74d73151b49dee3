#include "controllers/common/plan.h"

#include <gmock/gmock.h>

#include <sstream>

namespace cresset::controllers {
namespace {

using ::testing::HasSubstr;

std::string printed(const Plan& plan) {
  std::ostringstream out;
  out << plan;
  return out.str();
}

TEST(PlanTest, PrintsWhatWillBeDoneInItsOrder) {
  Plan plan;
  plan.changes.push_back(Create{kube::kPods, {"team", "digits-0"}, {{"kind", "Pod"}}});
  plan.changes.push_back(Delete{kube::kPods, {"team", "digits-1"}, base::Uid("u-1"), {}});
  plan.status = base::Json{{"state", "Pending"}};
  plan.events.push_back(
      {runtime::EventType::kWarning, "WorkerLost", "ReplaceWorker", "it is gone"});
  plan.again_after = std::chrono::milliseconds(500);
  const std::string text = printed(plan);
  EXPECT_THAT(text, HasSubstr("create Pod team/digits-0"));
  EXPECT_THAT(text, HasSubstr("delete Pod team/digits-1 uid u-1"));
  EXPECT_THAT(text, HasSubstr("event WorkerLost: it is gone"));
  EXPECT_THAT(text, HasSubstr("again after 500 ms"));
  EXPECT_LT(text.find("create"), text.find("delete"));
  EXPECT_LT(text.find("delete"), text.find("status"));
  plan.status_first = true;
  EXPECT_LT(printed(plan).find("status"), printed(plan).find("create"));
}

TEST(PlanTest, IsEmptyWhenThereIsOnlyATimeToLookAgain) {
  Plan plan;
  plan.again_after = std::chrono::seconds(1);
  EXPECT_TRUE(plan.empty());
  EXPECT_THAT(printed(plan), HasSubstr("nothing to do"));
  plan.status = base::Json::object();
  EXPECT_FALSE(plan.empty());
}

}  // namespace
}  // namespace cresset::controllers
