// A job of four before an API server on a bad day: it ends as on a good one.
#include <random>
#include <set>
#include <vector>

#include "controllers/training_job/service.h"
#include "tests/unit/controllers/training_job/reconciler_fixture.h"

namespace cresset::controllers::training_job {
namespace {

using base::Json;
using testing::FakeApi;
using ::testing::HasSubstr;

class Hardship : public ReconcilerTest {
 protected:
  // Four pods, a Service, a policy, a status for the round, and one before it unless they run at
  // once.
  static constexpr size_t kWritesOfFour = 8;

  // From nothing to a round of four, whatever happens on the way.
  void expect_a_round_of_four() {
    start();
    submit(4);
    ASSERT_TRUE(in_time([&] { return pods() == 4; }));
    run_all_pods();
    ASSERT_TRUE(in_time([&] { return status().value("round", 0) == 1; })) << status();
    expect_rest();
    EXPECT_EQ(pods(), 4U);
    for (int i = 0; i < 4; ++i)
      EXPECT_TRUE(api_.find(kube::kPods, {"team", pod_name("digits", i, 0)})) << i;
    EXPECT_EQ(api_.all(kube::kServices).size(), 1U);
    EXPECT_EQ(api_.all(kube::kNetworkPolicies).size(), 1U);
    EXPECT_EQ(status()["state"], "Running");
    EXPECT_EQ(status().value("restarts", 0), 0);
  }
  // Looked at again in good weather, there is nothing to write.
  void expect_rest() {
    api_.set_fault({});
    for (int looks = 0; looks < 3; ++looks) {
      const int before = reconciles();
      const size_t written = writes();
      jobs_->look_at(kKey);
      ASSERT_TRUE(in_time([&] { return reconciles() > before; }));
      if (looks > 0) {
        EXPECT_EQ(writes(), written);
      }
    }
  }
  // True once for each call of this kind.
  bool first(const FakeApi::Call& call) {
    std::lock_guard lock(mutex_);
    return seen_.insert(call.verb + call.resource.plural + call.key.to_string() + call.subresource)
        .second;
  }

  std::mutex mutex_;
  std::set<std::string> seen_;
  std::mt19937 chance_{7};
};

class FirstCalls : public Hardship, public ::testing::WithParamInterface<base::Error> {};

TEST_P(FirstCalls, MayAllFail) {
  api_.set_fault([this](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.resource == kube::kEvents || !first(call)) return std::nullopt;
    return GetParam();
  });
  expect_a_round_of_four();
}

INSTANTIATE_TEST_SUITE_P(Kinds, FirstCalls,
                         ::testing::Values(base::conflict("modified"), base::exhausted("429"),
                                           base::unavailable("500"), base::timed_out("504")),
                         [](const auto& error) {
                           return std::string(to_string(error.param.kind()));
                         });

TEST_F(Hardship, AWriteWhoseAnswerIsLostHasItsEffectOnce) {
  api_.lose_answer = [this](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (!first(call)) return std::nullopt;
    return base::timed_out("504");
  };
  expect_a_round_of_four();
}

TEST_F(Hardship, AFifthOfAllAnswersMayBeErrors) {
  api_.set_fault([this](const FakeApi::Call&) -> std::optional<base::Error> {
    std::lock_guard lock(mutex_);
    switch (chance_() % 15) {
      case 0:
        return base::unavailable("500");
      case 1:
        return base::unavailable("503");
      case 2:
        return base::timed_out("504");
      default:
        return std::nullopt;
    }
  });
  expect_a_round_of_four();
}

TEST_F(Hardship, EventsThatAreToldTenTimesCostNoWrite) {
  api_.times_told = 10;
  expect_a_round_of_four();
  EXPECT_LE(writes(), kWritesOfFour);
}

TEST_F(Hardship, PodsThatTheCacheDoesNotShowForHalfAMinuteAreNotMadeTwice) {
  api_.keep_back(kube::kPods);
  start();
  submit(4);
  ASSERT_TRUE(in_time([&] { return pods() == 4; }));
  const auto begun = clock_.mono();
  const int before = reconciles();
  ASSERT_TRUE(in_time([&] { return clock_.mono() - begun > std::chrono::seconds(30); }));
  EXPECT_GT(reconciles(), before);
  EXPECT_EQ(pods(), 4U);
  api_.let_go();
  run_all_pods();
  ASSERT_TRUE(in_time([&] { return status().value("round", 0) == 1; }));
  EXPECT_EQ(pods(), 4U);
}

TEST_F(Hardship, WhatWasMadeOfAPlanThatWasStoppedIsNotMadeAgainBeforeTheCacheShowsIt) {
  const auto asked_for = [this](const std::string& pod) {
    const auto creates = api_.calls("create");
    return std::count_if(creates.begin(), creates.end(), [&](const FakeApi::Call& call) {
      return call.resource == kube::kPods && call.key.name == pod;
    });
  };
  api_.keep_back(kube::kPods);
  api_.set_fault([this](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "create" && call.key.name == "digits-3" && first(call))
      return base::unavailable("500");
    return std::nullopt;
  });
  start();
  submit(4);
  // Two looks after the one that is stopped, well before patience ends.
  ASSERT_TRUE(api_.wait_for([&] { return asked_for("digits-3") == 1 && reconciles() >= 1; }));
  for (int looks = 0; looks < 2; ++looks) {
    const int before = reconciles();
    jobs_->look_at(kKey);
    ASSERT_TRUE(in_time([&] { return reconciles() > before; }, std::chrono::milliseconds(1)));
  }
  EXPECT_EQ(pods(), 3U);
  EXPECT_EQ(asked_for("digits-0"), 1);
  api_.let_go();
  ASSERT_TRUE(in_time([&] { return pods() == 4; }, std::chrono::milliseconds(1)));
  EXPECT_EQ(asked_for("digits-0"), 1);
  EXPECT_EQ(asked_for("digits-3"), 2);
  thread_ = {};
}

// What admission adds to them is not fought.
TEST_F(Hardship, SidecarsLabelsAndDefaultsOfOthersCostNoWrite) {
  api_.on_create = [](const kube::Resource& resource, Json& object) {
    object["metadata"]["annotations"]["mesh.example/injected"] = "yes";
    object["metadata"]["labels"]["mesh.example/team"] = "a";
    if (resource == kube::kPods) {
      object["spec"]["containers"].push_back({{"name", "proxy"}, {"image", "proxy:1"}});
      object["spec"]["containers"][0]["terminationMessagePolicy"] = "File";
      object["spec"]["schedulerName"] = "default-scheduler";
    }
    if (resource == kube::kServices) object["spec"]["sessionAffinity"] = "None";
    if (resource == kube::kNetworkPolicies) object["spec"]["ingress"][0]["ports"] = Json::array();
  };
  expect_a_round_of_four();
  EXPECT_LE(writes(), kWritesOfFour);
}

// Of the Service and the policy; beside what kept_template_test.cc says of the annotation.
TEST_F(Hardship, WhatSomebodyEditsInAChildIsPutBack) {
  struct Edit {
    kube::Resource resource;
    Json spec;
  };
  const Json only = {{"only", "these"}};
  const Json other_port = {{"name", "store"}, {"port", 1}, {"protocol", "TCP"}};
  const std::vector<Edit> edits = {
      {kube::kServices, {{"selector", only}}},
      {kube::kServices, {{"selector", {{worker_contract::kJobLabel, "another"}}}}},
      {kube::kServices, {{"ports", Json::array({other_port})}}},
      {kube::kServices, {{"publishNotReadyAddresses", false}}},
      {kube::kNetworkPolicies, {{"podSelector", {{"matchLabels", only}}}}},
      {kube::kNetworkPolicies, {{"ingress", Json::array({Json::object()})}}},
      {kube::kNetworkPolicies, {{"policyTypes", Json::array({"Egress"})}}}};
  expect_a_round_of_four();
  const kube::ObjectKey key{"team", service_name("digits")};
  const auto spec_of = [&](const kube::Resource& kind) { return api_.find(kind, key)->at("spec"); };
  for (const Edit& edit : edits) {
    const Json before = spec_of(edit.resource);
    ASSERT_TRUE(api_.merge_patch(edit.resource, key, {{"spec", edit.spec}}));
    EXPECT_TRUE(in_time([&] { return spec_of(edit.resource) == before; })) << edit.spec;
  }
  EXPECT_GE(api_.calls("merge_patch").size(), 2 * edits.size()) << "each edit and its undoing";
  expect_rest();
}

TEST_F(Hardship, AQuarrelAboutAChildWaitsForAMinuteAndHoldsUpNothingElse) {
  expect_a_round_of_four();
  const kube::ObjectKey key{"team", service_name("digits")};
  const auto is_changed = [&] {
    return api_.find(kube::kServices, key)->at("spec").at("selector").contains("only");
  };
  const auto change = [&] {
    const Json spec = {{"selector", {{"only", "these"}}}};
    ASSERT_TRUE(api_.merge_patch(kube::kServices, key, {{"spec", spec}}));
  };
  for (int times = 0; times < MendBudget::kAtOnce; ++times) {
    change();
    ASSERT_TRUE(in_time([&] { return !is_changed(); })) << times;
  }
  const auto begun = clock_.mono();
  change();
  api_.set_status(kube::kPods, {"team", "digits-1"}, {{"phase", "Failed"}});
  ASSERT_TRUE(in_time([&] { return pods() == 5; }, std::chrono::milliseconds(20)));
  EXPECT_TRUE(is_changed());
  ASSERT_TRUE(in_time([&] { return !is_changed(); }));
  EXPECT_GE(clock_.mono() - begun, std::chrono::seconds(50));
}

TEST_F(Hardship, WhatSomebodyAddsToAServiceBesideOursStays) {
  expect_a_round_of_four();
  const kube::ObjectKey key{"team", service_name("digits")};
  ASSERT_TRUE(api_.merge_patch(kube::kServices, key,
                               {{"metadata", {{"labels", {{"team", "vision"}}}}},
                                {"spec", {{"sessionAffinity", "ClientIP"}}}}));
  expect_rest();
  EXPECT_EQ(base::text_at(*api_.find(kube::kServices, key), "/spec/sessionAffinity"), "ClientIP");
  EXPECT_EQ(base::text_at(*api_.find(kube::kServices, key), "/metadata/labels/team"), "vision");
}

TEST_F(Hardship, AnHourOfTrainingWithoutNewsCostsNoWrite) {
  expect_a_round_of_four();
  const size_t written = writes();
  const int before = reconciles();
  for (int minute = 0; minute < 60; ++minute) {
    const int looked = reconciles();
    clock_.advance(std::chrono::minutes(1));
    jobs_->look_at(kKey);
    ASSERT_TRUE(api_.wait_for([&] { return reconciles() > looked; }));
  }
  EXPECT_GE(reconciles() - before, 60);
  EXPECT_EQ(writes(), written);
}

TEST_F(Hardship, WhatIsRefusedIsTriedSlowlyToldOnceAndMadeWhenItIsAllowed) {
  std::atomic<bool> allowed = false;
  std::atomic<int> tries = 0;
  api_.set_fault([&](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (allowed || call.verb != "create" || !(call.resource == kube::kPods)) return std::nullopt;
    ++tries;
    return base::forbidden("exceeded quota: small");
  });
  start();
  submit(4);
  const auto begun = clock_.mono();
  ASSERT_TRUE(in_time([&] { return clock_.mono() - begun > std::chrono::minutes(10); },
                      std::chrono::seconds(3)));
  EXPECT_GE(tries, 10);
  EXPECT_LE(tries, 40) << "one call a try";
  EXPECT_THAT(status().dump(), HasSubstr("exceeded quota: small"));
  allowed = true;
  ASSERT_TRUE(in_time([&] { return pods() == 4; }));
  run_all_pods();
  ASSERT_TRUE(in_time([&] { return status().value("round", 0) == 1; }));
  EXPECT_THAT(status().dump(), ::testing::Not(HasSubstr("exceeded quota")));
  thread_ = {};  // before what it counts in goes
}

TEST_F(Hardship, AKindThatIsForbiddenInOneNamespaceIsToldThereAndTheOthersGoOn) {
  api_.set_fault([](const FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "create" && call.resource == kube::kNetworkPolicies && call.key.ns == "team")
      return base::forbidden("cannot create resource \"networkpolicies\"");
    return std::nullopt;
  });
  auto other = job_json();
  other["metadata"]["namespace"] = "elsewhere";
  other["metadata"]["uid"] = "another job";
  start();
  submit(4);
  api_.seed(kube::kTrainingJobs, other);
  ASSERT_TRUE(in_time([&] { return pods() == 2 && !status().empty(); }));
  for (const auto& pod : api_.all(kube::kPods))
    EXPECT_EQ(base::text_at(pod, "/metadata/namespace"), "elsewhere");
  const auto conditions = kube::decode_conditions(status()["conditions"]);
  const auto* running = kube::find_condition(conditions, kRunning);
  ASSERT_NE(running, nullptr);
  EXPECT_EQ(running->reason, "Refused");
  EXPECT_THAT(running->message, HasSubstr("cannot create resource \"networkpolicies\""));
  EXPECT_TRUE(in_time([&] {
    for (const auto& event : api_.all(kube::kEvents))
      if (base::text_at(event, "/reason") == "Refused" &&
          base::text_at(event, "/regarding/name") == "digits")
        return true;
    return false;
  }));
}

// Pods of a tenant that name the job as their owner, each in a way that is not quite right.
TEST_F(Hardship, PodsWithAForgedOwnerAreNeitherCountedNorTouched) {
  const auto forge = [](const std::string& name, const std::string& ns, const std::string& uid) {
    Json pod = pod_json({.index = 0});
    pod["metadata"]["name"] = name;
    pod["metadata"]["namespace"] = ns;
    pod["metadata"]["uid"] = name + ns;
    pod["metadata"]["ownerReferences"][0]["uid"] = uid;
    return pod;
  };
  std::vector<Json> forged = {forge("digits-7", "team", "an earlier job"),
                              forge("digits-0", "stranger", "job"), forge("cuckoo", "team", "job")};
  for (auto& pod : forged) pod = api_.seed(kube::kPods, pod);
  start();
  submit(4);
  ASSERT_TRUE(in_time([&] { return pods() == 4 + forged.size(); }));
  int address = 1;
  for (int i = 0; i < 4; ++i)
    api_.set_status(kube::kPods, {"team", pod_name("digits", i, 0)},
                    {{"phase", "Running"}, {"podIP", "10.0.0." + std::to_string(address++)}});
  ASSERT_TRUE(in_time([&] { return status().value("round", 0) == 1; })) << status();
  EXPECT_EQ(status()["members"], "0-3");
  expect_rest();
  for (const auto& pod : forged)
    EXPECT_EQ(*api_.find(kube::kPods, kube::decode_meta(pod).key()), pod);
}

TEST_F(Hardship, AStatusThatSomebodyWipedIsMadeAnew) {
  expect_a_round_of_four();
  auto before = status();
  api_.set_status(kube::kTrainingJobs, kKey, Json::object());
  ASSERT_TRUE(in_time([&] { return status().value("state", "") == "Running"; })) << status();
  EXPECT_EQ(status()["round"], before["round"]);
  EXPECT_EQ(pods(), 4U);
}

}  // namespace
}  // namespace cresset::controllers::training_job
