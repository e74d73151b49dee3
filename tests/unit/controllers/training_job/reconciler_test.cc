// The controller with its caches against an API server in memory: what it writes, and how often.
#include "controllers/training_job/service.h"
#include "tests/unit/controllers/training_job/reconciler_fixture.h"

namespace cresset::controllers::training_job {
namespace {

using base::Json;
using ::testing::HasSubstr;

TEST_F(ReconcilerTest, AJobOfFourStartsWithEightWrites) {
  start();
  submit(4);
  ASSERT_TRUE(api_.wait_for([&] { return status().value("state", "") == "Pending"; }));
  EXPECT_EQ(pods(), 4U);
  run_all_pods();
  ASSERT_TRUE(api_.wait_for([&] { return status().value("round", 0) == 1; }));
  EXPECT_EQ(status()["state"], "Running");
  EXPECT_EQ(writes(), 8U);
}

TEST_F(ReconcilerTest, OfABurstOfJobsThePodsComeBeforeTheWords) {
  std::mutex mutex;
  std::vector<size_t> pods_at_status;
  api_.set_fault([&](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    // Nobody begins before the whole burst is seen.
    while (call.verb == "create" && jobs_->jobs().store().size() < 20) std::this_thread::yield();
    std::lock_guard lock(mutex);
    if (call.subresource == "status") pods_at_status.push_back(pods());
    return std::nullopt;
  });
  start();
  ASSERT_TRUE(api_.wait_for([&] { return jobs_->jobs().ready(); }));
  for (int i = 0; i < 20; ++i) submit_as("digits-" + std::to_string(i), 3);
  ASSERT_TRUE(api_.wait_for([&] { return api_.calls("apply").size() == 20; }));
  thread_ = {};
  EXPECT_EQ(pods(), 60U);
  // Three of the four workers may be at the last jobs still.
  EXPECT_GE(pods_at_status.front(), 17U * 3U);
}

TEST_F(ReconcilerTest, OfManyJobsProgressIsWrittenOneAfterTheOther) {
  const std::vector<std::string> names{"a", "b", "c"};
  const auto written = [&] {
    return std::count_if(names.begin(), names.end(),
                         [&](const auto& name) { return status(name).value("step", 0) == 5; });
  };
  start();
  for (const auto& name : names) submit_as(name, 1);
  ASSERT_TRUE(api_.wait_for([&] { return pods() == 3; }));
  run_all_pods();
  for (const auto& name : names)
    ASSERT_TRUE(api_.wait_for([&] { return status(name).value("round", 0) == 1; }));
  clock_.advance(kProgressPeriod);
  for (const auto& name : names) {
    const int before = reconciles();
    tell_step(name, 5);
    ASSERT_TRUE(api_.wait_for([&] { return reconciles() > before; }));
  }
  ASSERT_TRUE(api_.wait_for([&] { return written() >= 1; }));
  EXPECT_EQ(written(), 1) << "the others wait for their turn";
  // Each waits from when it asked, which may be after the clock went on for the one before it.
  for (int turn = 2; turn <= 3; ++turn)
    EXPECT_TRUE(in_time([&] { return written() >= turn; }, ProgressBudget::kBetween)) << turn;
}

TEST_F(ReconcilerTest, AFailedWorkerIsReplacedAndTheGroupGoesOn) {
  start();
  submit(2);
  ASSERT_TRUE(api_.wait_for([&] { return pods() == 2; }));
  run_all_pods();
  ASSERT_TRUE(api_.wait_for([&] { return status().value("round", 0) == 1; }));
  api_.set_status(kube::kPods, {"team", "digits-1"}, {{"phase", "Failed"}});
  ASSERT_TRUE(api_.wait_for([&] { return pods() == 3; }));
  api_.set_status(kube::kPods, {"team", "digits-1-r1"},
                  {{"phase", "Running"}, {"podIP", "10.0.0.9"}});
  ASSERT_TRUE(api_.wait_for([&] { return status().value("round", 0) == 2; }));
  EXPECT_EQ(status()["restarts"], 1);
}

TEST_F(ReconcilerTest, PodsAreMadeFromTheTemplateThatAnEarlierOperatorRendered) {
  PodSettings earlier = kSettings;
  earlier.images.cpu = "worker:0";
  base::Json job = job_json({{"workers", {{"count", 2}}}});
  const std::string text = base::dump(render_template(job_of(job), earlier));
  job["status"] = {{"round", 1}, {"templateDigest", template_digest(text)}};
  api_.seed(kube::kTrainingJobs, job);
  api_.seed(kube::kServices, make_service(job_of(job), text));
  start();
  ASSERT_TRUE(in_time([this] { return pods() == 2; }));
  for (const auto& pod : api_.all(kube::kPods))
    EXPECT_EQ(pod["spec"]["containers"][0]["image"], "worker:0");
  ASSERT_TRUE(in_time([this] { return status().contains("state"); }));
  for (const auto& call : api_.writes_but_events())
    EXPECT_FALSE(call.resource == kube::kServices) << "nor is it written again";
}

TEST_F(ReconcilerTest, ATemplateThatMayNotBeReadIsToldOfTheJob) {
  base::Json job = job_json({{"workers", {{"count", 1}}}});
  PodSettings earlier = kSettings;
  earlier.images.cpu = "worker:0";
  const std::string text = base::dump(render_template(job_of(job), earlier));
  job["status"] = {{"round", 1}, {"templateDigest", template_digest(text)}};
  api_.seed(kube::kTrainingJobs, job);
  api_.seed(kube::kServices, make_service(job_of(job), text));
  api_.set_fault([](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "list" && call.resource == kube::kServices)
      return base::forbidden("services is forbidden");
    return std::nullopt;
  });
  start();
  ASSERT_TRUE(in_time([this] {
    const auto conditions = kube::decode_conditions(status().value("conditions", base::Json()));
    const auto* running = kube::find_condition(conditions, kRunning);
    return running != nullptr && running->reason == kReasonRefused;
  }));
  EXPECT_EQ(pods(), 0U);
}

TEST_F(ReconcilerTest, WhatTheApiServerRefusesIsToldInTheStatusAndByAnEvent) {
  api_.set_fault([](const testing::FakeApi::Call& call) -> std::optional<base::Error> {
    if (call.verb == "create" && call.resource == kube::kPods)
      return base::forbidden("pods \"digits-0\" is forbidden: exceeded quota: small");
    return std::nullopt;
  });
  start();
  submit(2);
  ASSERT_TRUE(api_.wait_for([&] { return !status().empty(); }));
  const auto conditions = kube::decode_conditions(status()["conditions"]);
  const auto* running = kube::find_condition(conditions, kRunning);
  ASSERT_NE(running, nullptr);
  EXPECT_EQ(running->reason, "Refused");
  EXPECT_THAT(running->message, HasSubstr("exceeded quota: small"));
  EXPECT_EQ(status()["observedGeneration"],
            api_.find(kube::kTrainingJobs, kKey)->at("metadata").at("generation"));
  ASSERT_TRUE(api_.wait_for([&] { return !api_.all(kube::kEvents).empty(); }));
  const Json event = api_.all(kube::kEvents).front();
  EXPECT_EQ(event["type"], "Warning");
  EXPECT_EQ(event["reason"], "Refused");
  EXPECT_THAT(event["note"].get<std::string>(), HasSubstr("exceeded quota: small"));
}

TEST_F(ReconcilerTest, APodOfAnotherUnderTheNameIsToldAndLeftAlone) {
  const auto theirs =
      api_.seed(kube::kPods, {{"metadata", {{"name", "digits-0"}, {"namespace", "team"}}}});
  start();
  submit(1);
  ASSERT_TRUE(api_.wait_for([&] { return !status().empty(); }));
  EXPECT_THAT(status().dump(), HasSubstr("Pod team/digits-0 exists and belongs to somebody else"));
  EXPECT_EQ(api_.find(kube::kPods, {"team", "digits-0"}), theirs);
}

TEST_F(ReconcilerTest, NoPodIsMadeBeforeThereIsACertificateAuthority) {
  ca_ = "";
  submit(1);
  start();
  ASSERT_TRUE(api_.wait_for([&] {
    return metrics_.render().find("{controller=\"trainingjob\",result=\"error\"} 1") !=
           std::string::npos;
  })) << metrics_.render();
  EXPECT_EQ(writes(), 0U);
}

}  // namespace
}  // namespace cresset::controllers::training_job
