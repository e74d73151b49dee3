// The three properties of every plan on a thousand generated states, with objects of others beside
// the service's own, and that plans which are wrong fail them.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "controllers/model_service/deployment.h"
#include "controllers/model_service/service.h"
#include "tests/unit/controllers/model_service/any_state.h"

namespace cresset::controllers::model_service {
namespace {

using base::Json;
using testing::PlanWorld;
using testing::Subject;

void holds(const std::function<void(const State&)>& property) {
  ASSERT_TRUE(rc::check([&] { property(any_state()); }));
}

void expect_nothing_wrong(const std::string& wrong) {
  if (!wrong.empty()) RC_FAIL(wrong);
}

TEST(ModelServicePlanProperties, PlannedOverItsOwnResultItIsEmpty) {
  holds([](const State& state) {
    expect_nothing_wrong(testing::empty_over_its_own_result(subject_of(state)));
  });
}

TEST(ModelServicePlanProperties, ItEndsTheSameWhereverItIsCut) {
  holds([](const State& state) {
    expect_nothing_wrong(testing::ends_the_same_wherever_it_is_cut(subject_of(state)));
  });
}

TEST(ModelServicePlanProperties, ItTouchesOnlyItsOwnThoughOthersHoldItsNames) {
  holds([](const State& state) {
    expect_nothing_wrong(testing::touches_only_what_it_owns(subject_of(with_namesakes(state))));
  });
}

TEST(ModelServicePlanProperties, TheRevisionThatServesIsNeverTakenAway) {
  holds([](State state) {
    state.deployments.push_back({"serving", 2, 1 + below(2)});
    state.points_to = "serving";
    const auto world = make(state);
    world->carry_out(*plan_in(*world, state), kube::kModelServices, kKey);
    const auto service = world->api().find(kube::kServices, {kKey.ns, serving_name(kKey.name)});
    const auto revision = serving_revision(std::make_shared<const Child>(*decode_child(*service)));
    RC_ASSERT(
        world->api().find(kube::kDeployments, {kKey.ns, deployment_name(kKey.name, revision)}));
  });
}

using Mutate = std::function<void(PlanWorld&, Plan&)>;

Subject mutant(const State& state, const Mutate& mutate) {
  auto subject = subject_of(state);
  subject.plan = [state, mutate](PlanWorld& world) {
    auto plan = plan_in(world, state);
    if (plan) mutate(world, *plan);
    return plan;
  };
  return subject;
}

// A service that is new; one whose next revision is ready to be turned to; one whose load grew.
std::vector<State> states() {
  State fresh{.service = service_json({{"model", {{"uri", "s3://models/1"}}}, {"replicas", 1}})};
  State rolling = fresh;
  rolling.deployments = {{"old", 2, 2}, {"older", 1, 1}, {wanted_revision(fresh), 2, 2}};
  rolling.points_to = "old";
  State busy{.service = service_json(
                 {{"model", {{"uri", "s3://models/1"}}}, {"scaling", {{"min", 1}, {"max", 9}}}})};
  busy.deployments = {{wanted_revision(busy), 1, 1}};
  busy.points_to = busy.deployments.front().revision;
  busy.load =
      autoscale::Load{.mean = 12, .recent = 12, .peak = 12, .complete = true, .seen_request = true};
  return {fresh, rolling, busy};
}

// What is wrong with it in each of the states.
std::vector<std::string> wrongs(const Mutate& mutate) {
  std::vector<std::string> found;
  for (const auto& state : states())
    found.push_back(testing::broken_property(mutant(state, mutate)));
  return found;
}

TEST(WrongServicePlan, ThatIsNotWrongPasses) {
  for (const auto& wrong : wrongs([](PlanWorld&, Plan&) {})) EXPECT_EQ(wrong, "");
}

TEST(WrongServicePlan, ThatDropsAChangeFails) {
  for (const auto& state : states()) {
    const size_t changes = plan_in(*make(state), state)->changes.size();
    ASSERT_GT(changes, 0U);
    for (size_t dropped = 0; dropped < changes; ++dropped) {
      const auto drop = [dropped, left = 1](PlanWorld&, Plan& plan) mutable {
        if (left-- > 0) plan.changes.erase(plan.changes.begin() + static_cast<long>(dropped));
      };
      EXPECT_NE(testing::empty_over_its_own_result(mutant(state, drop)), "") << dropped;
    }
  }
}

TEST(WrongServicePlan, ThatDropsTheStatusFails) {
  for (const auto& wrong : wrongs([left = 1](PlanWorld&, Plan& plan) mutable {
         if (left-- > 0) plan.status.reset();
       }))
    EXPECT_NE(wrong, "");
}

TEST(WrongServicePlan, ThatCountsBeforeItHasSaidWhyFails) {
  EXPECT_NE(wrongs([](PlanWorld&, Plan& plan) { plan.status_first = false; }).back(), "");
}

TEST(WrongServicePlan, ThatNamesWhatItMakesByChanceFails) {
  EXPECT_NE(wrongs([count = 0](PlanWorld&, Plan& plan) mutable {
              for (auto& change : plan.changes)
                if (auto* made = std::get_if<Create>(&change))
                  made->object["metadata"]["name"] = "digits-x" + std::to_string(count++);
            }).front(),
            "");
}

TEST(WrongServicePlan, ThatDeletesTheDeploymentOfAnotherFails) {
  for (const auto& wrong : wrongs([](PlanWorld&world, Plan&plan) {
         for (const auto& object : world.api().all(kube::kDeployments))
           if (const auto meta = kube::decode_meta(object); meta.name.starts_with("other"))
             plan.changes.push_back(Delete{kube::kDeployments, meta.key(), meta.uid, {}});
       }))
    EXPECT_NE(wrong, "");
}

// What plans did before they made things by Create only.
TEST(WrongServicePlan, ThatTakesOverWhatHasTheNameFails) {
  for (const auto& kind : {kube::kServices, kube::kNetworkPolicies, kube::kDeployments}) {
    State state = states().front();
    state.namesakes = {kind};
    EXPECT_EQ(testing::touches_only_what_it_owns(subject_of(state)), "");
    const auto take_over = [](PlanWorld& world, Plan& plan) {
      for (auto& change : plan.changes)
        if (const auto* made = std::get_if<Create>(&change))
          if (const auto theirs = world.api().find(made->resource, made->key))
            change = Change(
                Apply{made->resource, made->key, kube::decode_meta(*theirs).uid, made->object});
    };
    EXPECT_NE(testing::touches_only_what_it_owns(mutant(state, take_over)), "") << kind.kind;
  }
}

TEST(WrongServicePlan, ThatWritesTheStatusAgainAndAgainFails) {
  for (const auto& wrong : wrongs([count = 0](PlanWorld&, Plan& plan) mutable {
         if (!plan.status) plan.status = Json::object();
         (*plan.status)["state"] = std::to_string(count++);
       }))
    EXPECT_NE(wrong, "");
}

}  // namespace
}  // namespace cresset::controllers::model_service
