#pragma once
// An Executor before an API server in memory that has its owner.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "controllers/common/child.h"
#include "controllers/common/executor.h"
#include "controllers/common/names.h"
#include "tests/support/fake_api.h"

namespace cresset::controllers {

using base::Json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ExecutorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    api_.seed(kube::kTrainingJobs,
              {{"metadata", {{"name", "digits"}, {"namespace", "team"}, {"uid", "job"}}}});
  }
  kube::ObjectMeta owner() {
    return kube::decode_meta(*api_.find(kube::kTrainingJobs, {"team", "digits"}));
  }
  Create pod(const std::string& name) {
    return {
        kube::kPods,
        {"team", name},
        {{"metadata",
          {{"name", name}, {"ownerReferences", owner_references(kube::kTrainingJobs, owner())}}}}};
  }
  base::Result<void> apply(const Plan& plan) { return apply(plan, owner()); }
  base::Result<void> apply(const Plan& plan, const kube::ObjectMeta& as_seen) {
    return executor_.apply(plan, kube::kTrainingJobs, as_seen).result;
  }
  static std::vector<std::string> changed(const Plan& plan) {
    std::vector<std::string> names;
    for (const auto& change : plan.changes)
      names.push_back(std::visit([](const auto& one) { return one.key.name; }, change));
    return names;
  }
  std::vector<std::string> verbs() {
    std::vector<std::string> verbs;
    for (const auto& call : api_.writes())
      if (!(call.resource == kube::kEvents)) verbs.push_back(call.verb + " " + call.key.name);
    return verbs;
  }

  testing::FakeApi api_;
  base::ManualClock clock_;
  runtime::EventRecorder events_{api_, "cresset-operator", "here", clock_, base::silent()};
  Executor executor_{api_, events_};
};

}  // namespace cresset::controllers
