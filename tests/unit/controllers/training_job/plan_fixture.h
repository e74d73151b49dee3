#pragma once
// PlanTest: one job and what is observed of it, planned once; what the plan says in words. For the
// tests of the plan, which are several files. One thread.

#include <gmock/gmock.h>

#include <sstream>

#include "controllers/training_job/plan.h"
#include "controllers/training_job/service.h"
#include "controllers/training_job/status.h"
#include "crds/worker_contract/names.h"
#include "tests/unit/controllers/training_job/fixture.h"

namespace cresset::controllers::training_job {

class PlanTest : public ::testing::Test {
 protected:
  void pods(const std::vector<PodWish>& wishes) {
    observed_.pods.clear();
    for (const auto& wish : wishes) observed_.pods.push_back(pod_of(wish));
  }
  // A job of two whose round 1 is on.
  void running(const base::Json& spec = base::Json::object()) {
    job_ = job_of(job_json(spec));
    add_children(observed_, job_);
    put_round(job_, 1, {{.index = 0}, {.index = 1}});
    job_.status.template_digest = kept_digest(observed_);
    pods({{.index = 0}, {.index = 1}});
    observed_.reports[0] = report({.index = 0}, 1, worker_contract::WorkerState::kRunning);
    observed_.reports[1] = report({.index = 1}, 1, worker_contract::WorkerState::kRunning);
  }
  const Plan& look(base::WallTime now = kNow) {
    plan_ = plan(job_, observed_, kSettings, now);
    if (plan_.status) next_ = crds::decode_training_job_status(*plan_.status);
    return plan_;
  }
  std::vector<std::string> changes() const {
    std::vector<std::string> words;
    for (const auto& change : plan_.changes) {
      std::ostringstream out;
      out << change;
      std::istringstream in(out.str());
      std::string verb, kind, name;
      in >> verb >> kind >> name;
      words.push_back(verb + " " + kind + " " + name);
    }
    return words;
  }
  const kube::Condition& condition(const char* type) const {
    static const kube::Condition kNone{.reason = "none"};
    const auto* found = kube::find_condition(next_.conditions, type);
    return found == nullptr ? kNone : *found;
  }
  bool is(const char* type) const { return kube::is_true(next_.conditions, type); }

  crds::TrainingJob job_ = job_of(job_json());
  Observed observed_;
  Plan plan_;
  crds::TrainingJobStatus next_;
};

}  // namespace cresset::controllers::training_job
