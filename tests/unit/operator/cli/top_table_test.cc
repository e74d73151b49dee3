#include "operator/cli/top_table.h"

#include <gtest/gtest.h>

namespace cresset::cli::top_table_test {
namespace {

const base::WallTime kNow = *base::parse_time("2026-01-01T00:10:00Z");

crds::TrainingJob job(const std::string& name, const std::string& state) {
  crds::TrainingJob job;
  job.meta.ns = "team";
  job.meta.name = name;
  job.config.training.epochs = 5;
  job.status.state = state;
  return job;
}

crds::TrainingJob running_job() {
  auto running = job("digits", "Running");
  auto& status = running.status;
  status.step = 120;
  status.total_steps = 400;
  status.epoch = 1;
  status.loss = 0.12345;
  status.samples_per_second = 12500;
  status.remaining_seconds = 3723;
  status.restarts = 2;
  status.checkpoint_time = kNow - std::chrono::seconds(31);
  kube::set_condition(
      status.conditions,
      {.type = "Running", .status = kube::ConditionStatus::kTrue, .message = "round 1"}, kNow);
  return running;
}

crds::TrainingJob failed_job() {
  auto failed = job("points", "Failed");
  for (const auto& [type, message] :
       {std::pair("Running", ""), std::pair("Failed", "training diverged in step 2")})
    kube::set_condition(failed.status.conditions,
                        {.type = type,
                         .status = std::string(type) == "Failed" ? kube::ConditionStatus::kTrue
                                                                 : kube::ConditionStatus::kFalse,
                         .message = message},
                        kNow);
  return failed;
}

crds::ModelService service() {
  crds::ModelService service;
  service.meta.ns = "team";
  service.meta.name = "digits";
  service.status.state = "Ready";
  service.status.replicas = 3;
  service.status.ready_replicas = 2;
  service.status.revision = "digits-1";
  service.status.url = "http://gateway/team/digits";
  service.status.scaling = {.window_mean = 2.44, .target = 4, .min = 0, .max = 10};
  return service;
}

TEST(TopText, HasARowForEachJobAndBelowOneThatFailedWhy) {
  EXPECT_EQ(top_text({{running_job(), failed_job()}, {}}, false, kNow),
            "JOB     STATE    STEP     EPOCH  LOSS    SAMPLES/S  LEFT     RESTARTS  CHECKPOINT\n"
            "digits  Running  120/400  2/5    0.1235  12,500     1:02:03  2         0:31\n"
            "points  Failed   0        -      -       -          -        0         -\n"
            "  training diverged in step 2\n");
}

TEST(TopText, OfAllNamespacesNamesThem) {
  const auto text = top_text({{job("digits", "Pending")}, {}}, true, kNow);
  EXPECT_TRUE(text.starts_with("NAMESPACE  JOB     STATE")) << text;
  EXPECT_NE(text.find("\nteam       digits  Pending"), std::string::npos) << text;
}

TEST(TopText, HasATableOfServicesBelowThatOfJobs) {
  const auto text = top_text({{running_job()}, {service()}}, false, kNow);
  const std::string services =
      "\nSERVICE  STATE  READY  BOUNDS  LOAD/TARGET  REVISION  URL\n"
      "digits   Ready  2/3    0-10    2.4/4.0      digits-1  http://gateway/team/digits\n";
  EXPECT_TRUE(text.ends_with("0:31\n" + services)) << text;
  EXPECT_EQ(top_text({{}, {service()}}, false, kNow), services.substr(1));
}

TEST(TopText, OfOneThatIsNotThereYetTellsWhatIsWaitedFor) {
  auto waiting = job("digits", "Pending");
  kube::set_condition(waiting.status.conditions,
                      {.type = "Running",
                       .status = kube::ConditionStatus::kFalse,
                       .message = "worker 0: 0/3 nodes are available"},
                      kNow);
  EXPECT_TRUE(
      top_text({{waiting}, {}}, false, kNow).ends_with("\n  worker 0: 0/3 nodes are available\n"));
}

TEST(TopText, OfOneThatNoOperatorHasSeenTheStateIsUnknown) {
  EXPECT_NE(top_text({{job("digits", "")}, {}}, false, kNow).find("\ndigits  -      0"),
            std::string::npos);
}

TEST(TopText, OfAServiceThatIsReadyTellsWhyItsNewRevisionIsNotThere) {
  auto stuck = service();
  for (const auto& [type, status, message] :
       {std::tuple("Ready", kube::ConditionStatus::kTrue, "2 replicas are ready"),
        std::tuple("RolledOut", kube::ConditionStatus::kFalse, "no replica of digits-2 is ready")})
    kube::set_condition(stuck.status.conditions,
                        {.type = type, .status = status, .message = message}, kNow);
  EXPECT_TRUE(
      top_text({{}, {stuck}}, false, kNow).ends_with("\n  no replica of digits-2 is ready\n"));
}

TEST(TopText, HasNothingThatATerminalObeys) {
  auto failed = failed_job();
  failed.status.state = "Fai\x1b[2Jled";
  for (auto& condition : failed.status.conditions) condition.message = "diverged\n\x1b[31mhere";
  auto strange = service();
  strange.status.url = "http://\x1b[2J" + std::string(2000, 'x');
  const auto text = top_text({{failed}, {strange}}, false, kNow);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("\n  diverged [31mhere\n"), std::string::npos);
  EXPECT_LT(text.size(), 1000U);
}

TEST(TopText, OfNothingSaysSo) {
  EXPECT_EQ(top_text({}, true, kNow), "no TrainingJobs and no ModelServices\n");
}

}  // namespace
}  // namespace cresset::cli::top_table_test
