// The three properties of every plan on a thousand generated states, and that plans which are wrong
// fail them.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "controllers/training_job/network_policy.h"
#include "controllers/training_job/plan.h"
#include "controllers/training_job/service.h"
#include "tests/support/plan_properties.h"
#include "tests/unit/controllers/training_job/fixture.h"

namespace cresset::controllers::training_job {
namespace {

using base::Json;
using testing::PlanWorld;
using testing::Subject;
using worker_contract::WorkerState;

struct State {
  Json job;
  std::vector<PodWish> pods;
  worker_contract::JobReports reports;
  bool service = false;
  bool network_policy = false;
  bool edited = false;                    // somebody changed what these two say
  std::vector<kube::Resource> namesakes;  // kinds of which somebody else holds the child's name
};

int below(int end) { return *rc::gen::inRange(0, end); }
bool maybe(int one_in = 2) { return below(one_in) == 0; }

PodWish any_pod(int index, int attempt) {
  PodWish pod{.index = index, .attempt = attempt};
  pod.phase = *rc::gen::elementOf(
      std::vector<std::string>{"Pending", "Running", "Running", "Running", "Succeeded", "Failed"});
  if (pod.phase == "Failed")
    pod.exit_code = *rc::gen::elementOf(std::vector<int>{1, 10, 11, 11, 12, 13, 137, 137});
  if (pod.phase == "Succeeded")
    pod.last_words = R"({"modelUri": "s3://models/points/1", "modelDigest": "sha256:ab"})";
  if (pod.phase == "Pending" && maybe()) pod.scheduler_words = "0/1 nodes are available";
  pod.ended_seconds_ago = below(60);
  pod.made_seconds_ago = 60 + below(600);
  pod.going = maybe(6);
  if ((pod.going || pod.phase == "Failed") && maybe(4)) pod.disruption = "EvictionByEvictionAPI";
  return pod;
}

Json any_spec(int count) {
  Json spec = {{"workers", {{"count", count}}}, {"failurePolicy", {{"maxRestarts", below(4)}}}};
  if (maybe(6)) spec["suspend"] = true;
  if (maybe(4)) spec["activeDeadlineSeconds"] = 300 + below(600);
  if (maybe(4)) spec["ttlSecondsAfterFinished"] = 5 + below(600);
  if (maybe(4)) spec["pendingDeadlineSeconds"] = 300 + below(600);
  if (maybe(3)) spec["cleanUpPolicy"] = maybe() ? "All" : "None";
  if (maybe(4))
    spec["failurePolicy"]["rules"] = {{{"exitCodes", {1}}, {"action", "Fail"}},
                                      {{"reasons", {"Drained"}}, {"action", "Restart"}},
                                      {{"name", "killed"},
                                       {"signals", {"SIGKILL"}},
                                       {"action", "Restart"},
                                       {"maxRestarts", below(3)}},
                                      {{"exitCodes", {12}}, {"action", "RestartUncharged"}}};
  if (maybe(4))
    spec["workers"]["template"]["metadata"] = {{"namespace", "stranger"}, {"name", "mine"}};
  if (maybe(20)) spec["workers"]["min"] = count + 1;  // what a schema of another time let through
  return spec;
}

void any_past(State& state, int members) {
  auto job = job_of(state.job);
  std::vector<PodWish> of_round;
  for (const auto& pod : state.pods)
    if (pod.owner == "job" && pod.index < members &&
        (of_round.empty() || of_round.back().index != pod.index))
      of_round.push_back(pod);
  put_round(job, 1 + below(3), of_round);
  job.status.restarts = below(4);
  if (maybe(3)) job.status.restarts_by_rule["killed"] = below(3);
  if (maybe(4)) job.status.attempts.reset();  // of an operator that kept none
  job.status.progress_time = kNow - std::chrono::seconds(below(20));
  for (const auto& pod : state.pods)
    if (pod.phase == "Running" && maybe())
      state.reports[pod.index] =
          report(pod, job.status.round - below(2),
                 maybe(3) ? WorkerState::kBroken : WorkerState::kRunning, below(10));
  state.job["status"] = crds::encode(job.status);
}

State any_state() {
  const int count = 1 + below(4);
  State state{.job = job_json(any_spec(count))};
  for (int index = 0; index < count + 1; ++index) {
    if (index == count && !maybe(4)) continue;  // left over from a larger group
    if (maybe(5)) continue;                     // lost, or not made yet
    const int attempt = below(2);
    if (attempt == 1 && maybe()) {
      auto before = any_pod(index, 0);
      before.phase = "Failed";
      before.exit_code = 11;
      state.pods.push_back(before);
    }
    state.pods.push_back(any_pod(index, attempt));
  }
  if (maybe(3)) state.pods.push_back({.index = below(3), .attempt = 7, .owner = "another-job"});
  state.service = maybe();
  state.network_policy = maybe();
  state.edited = maybe(4);
  if (maybe()) any_past(state, maybe(5) ? count + 1 : count);
  return state;
}

State with_namesakes(State state) {
  if (!state.service && maybe()) state.namesakes.push_back(kube::kServices);
  if (!state.network_policy && maybe()) state.namesakes.push_back(kube::kNetworkPolicies);
  return state;
}

std::unique_ptr<PlanWorld> make(const State& state) {
  auto world = std::make_unique<PlanWorld>(kNow);
  world->seed(kube::kTrainingJobs, state.job);
  const auto job = job_of(state.job);
  Json service = make_service(job, base::dump(render_template(job, kSettings)));
  Json policy = make_network_policy(job);
  if (state.edited) {
    service["spec"]["selector"]["only"] = "these";
    policy["spec"]["ingress"] = Json::array({Json::object()});
  }
  if (state.service) world->seed(kube::kServices, service);
  if (state.network_policy) world->seed(kube::kNetworkPolicies, policy);
  for (const auto& kind : state.namesakes)
    world->seed(kind, {{"metadata", {{"name", service_name("digits")}, {"namespace", "team"}}},
                       {"spec", {{"theirs", true}}}});
  for (const auto& wish : state.pods) {
    const auto pod = world->seed(kube::kPods, pod_json(wish));
    // The server stamps what it stores; these pods are older.
    EXPECT_TRUE(world->api().merge_patch(
        kube::kPods, kube::decode_meta(pod).key(),
        {{"metadata", {{"creationTimestamp", pod_json(wish)["metadata"]["creationTimestamp"]}}}}));
  }
  return world;
}

std::optional<Plan> plan_in(PlanWorld& world, const State& state) {
  const auto object = world.api().find(kube::kTrainingJobs, kKey);
  if (!object) return std::nullopt;
  runtime::Store<Pod> pods;
  pods.add_index(kByOwner, [](const Pod& pod) { return job_of_worker(pod.meta); });
  world.fill(pods, kube::kPods, decode_pod);
  runtime::Store<Child> services, policies;
  world.fill(services, kube::kServices, decode_service);
  world.fill(policies, kube::kNetworkPolicies, decode_network_policy);
  const auto job = job_of(*object);
  auto observed =
      observe(job, pods, services, policies, [&](const base::Uid&) { return state.reports; });
  auto planned = plan(job, observed, kSettings, kNow);
  if (!planned.wants_template) return planned;
  const auto service = world.api().find(kube::kServices, {"team", service_name("digits")});
  take_live_service(observed, service ? &*service : nullptr, job.meta.uid);
  return plan(job, observed, kSettings, kNow);
}

// Pods that are being deleted are gone, those that waited run.
void live(PlanWorld& world) {
  world.settle();
  int address = 10;
  for (const auto& pod : world.api().all(kube::kPods))
    if (pod["status"]["phase"] == "Pending")
      world.api().set_status(
          kube::kPods, kube::decode_meta(pod).key(),
          {{"phase", "Running"}, {"podIP", "10.0.1." + std::to_string(address++)}});
}

Subject subject_of(const State& state) {
  return {.resource = kube::kTrainingJobs,
          .owner = kKey,
          .make = [state] { return make(state); },
          .plan = [state](PlanWorld& world) { return plan_in(world, state); },
          .live = live};
}

void holds(const std::function<void(const State&)>& property) {
  ASSERT_TRUE(rc::check([&] { property(any_state()); }));
}

void expect_nothing_wrong(const std::string& wrong) {
  if (!wrong.empty()) RC_FAIL(wrong);
}

TEST(TrainingJobPlan, IsEmptyOverItsOwnResult) {
  holds([](const State& state) {
    expect_nothing_wrong(testing::empty_over_its_own_result(subject_of(state)));
  });
}

TEST(TrainingJobPlan, EndsTheSameWhereverItIsCut) {
  holds([](const State& state) {
    expect_nothing_wrong(testing::ends_the_same_wherever_it_is_cut(subject_of(state)));
  });
}

TEST(TrainingJobPlan, TouchesOnlyWhatItOwnsThoughOthersHoldItsNames) {
  holds([](const State& state) {
    expect_nothing_wrong(testing::touches_only_what_it_owns(subject_of(with_namesakes(state))));
  });
}

// A fresh job of three workers, planned by a planner that is wrong in one way.
std::string wrong_with(const std::function<void(PlanWorld&, Plan&)>& mutate) {
  State state{.job = job_json({{"workers", {{"count", 3}}}})};
  state.pods.push_back({.index = 0, .attempt = 7, .owner = "another-job"});
  auto subject = subject_of(state);
  subject.plan = [state, mutate](PlanWorld& world) {
    auto plan = plan_in(world, state);
    if (plan) mutate(world, *plan);
    return plan;
  };
  return testing::broken_property(subject);
}

TEST(WrongPlan, ThatIsNotWrongPasses) {
  EXPECT_EQ(wrong_with([](PlanWorld&, Plan&) {}), "");
}

TEST(WrongPlan, ThatDropsAChangeFails) {
  EXPECT_NE(wrong_with([](PlanWorld&, Plan& plan) {
              if (plan.changes.size() > 1) plan.changes.pop_back();
            }),
            "");
  EXPECT_NE(wrong_with([](PlanWorld&, Plan& plan) {
              if (plan.changes.size() > 1) plan.changes.erase(plan.changes.begin());
            }),
            "");
}

TEST(WrongPlan, ThatNamesWhatItMakesByChanceFails) {
  EXPECT_NE(wrong_with([count = 0](PlanWorld&, Plan& plan) mutable {
              for (auto& change : plan.changes)
                if (auto* made = std::get_if<Create>(&change);
                    made && made->resource == kube::kPods)
                  made->object["metadata"]["name"] = "digits-x" + std::to_string(count++);
            }),
            "");
}

TEST(WrongPlan, ThatDeletesThePodOfAnotherFails) {
  EXPECT_NE(wrong_with([](PlanWorld& world, Plan& plan) {
              for (const auto& pod : world.api().all(kube::kPods)) {
                const auto meta = kube::decode_meta(pod);
                if (!meta.deleted && meta.name.starts_with("other"))
                  plan.changes.push_back(Delete{kube::kPods, meta.key(), meta.uid, {}});
              }
            }),
            "");
}

TEST(WrongPlan, ThatTakesOverTheServiceOfAnotherFails) {
  State state{.job = job_json(), .namesakes = {kube::kServices}};
  auto subject = subject_of(state);
  EXPECT_EQ(testing::touches_only_what_it_owns(subject), "");
  subject.plan = [state](PlanWorld& world) {
    auto plan = plan_in(world, state);
    const auto theirs = world.api().all(kube::kServices).front();
    for (auto& change : plan->changes)
      if (const auto* made = std::get_if<Create>(&change);
          made != nullptr && made->resource == kube::kServices)
        change = Change(
            Apply{made->resource, made->key, kube::decode_meta(theirs).uid, Json(made->object)});
    return plan;
  };
  EXPECT_NE(testing::touches_only_what_it_owns(subject), "");
}

TEST(WrongPlan, ThatReachesIntoAnotherNamespaceFails) {
  EXPECT_NE(wrong_with([](PlanWorld&, Plan& plan) {
              for (auto& change : plan.changes)
                if (auto* made = std::get_if<Create>(&change))
                  made->object["metadata"]["namespace"] = "stranger";
            }),
            "");
  EXPECT_NE(wrong_with([](PlanWorld&, Plan& plan) {
              for (auto& change : plan.changes)
                if (auto* made = std::get_if<Create>(&change)) made->key.ns = "stranger";
            }),
            "");
}

TEST(WrongPlan, ThatWritesTheStatusAgainAndAgainFails) {
  EXPECT_NE(wrong_with([count = 0](PlanWorld&, Plan& plan) mutable {
              if (plan.status)
                (*plan.status)["state"] = std::to_string(count++);
              else
                plan.status = Json{{"state", std::to_string(count++)}};
            }),
            "");
}

}  // namespace
}  // namespace cresset::controllers::training_job
