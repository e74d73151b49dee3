#include "operator/cli/job_logs.h"

#include <gmock/gmock.h>

#include "crds/worker_contract/names.h"
#include "tests/support/fake_api.h"

namespace cresset::cli::job_logs_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace contract = worker_contract;

const kube::ObjectKey kJob{"team", "digits"};

class ReadingLogs : public ::testing::Test {
 protected:
  // Reads of a pod, one after another, in place of the API server's.
  using Stream =
      std::function<base::Result<void>(const kube::PodLogOptions&, const kube::PodLogs::OnLine&)>;

  ReadingLogs() {
    const auto job = api_.seed(kube::kTrainingJobs, {{"apiVersion", "cresset.dev/v1alpha1"},
                                                     {"kind", "TrainingJob"},
                                                     {"metadata", meta("digits")},
                                                     {"spec", base::Json::object()}});
    uid_ = base::text_at(job, "/metadata/uid");
  }

  static base::Json meta(const std::string& name) {
    return {{"namespace", "team"}, {"name", name}};
  }
  void add_pod(const std::string& name, int worker, const std::string& phase,
               const std::string& owner = "") {
    base::Json made = meta(name);
    made["labels"] = {{contract::kJobLabel, "digits"},
                      {contract::kIndexLabel, std::to_string(worker)}};
    made["ownerReferences"] = base::Json::array({{{"apiVersion", "cresset.dev/v1alpha1"},
                                                  {"kind", "TrainingJob"},
                                                  {"name", "digits"},
                                                  {"uid", owner.empty() ? uid_ : owner},
                                                  {"controller", true}}});
    api_.seed(kube::kPods, {{"apiVersion", "v1"},
                            {"kind", "Pod"},
                            {"metadata", made},
                            {"status", {{"phase", phase}}}});
  }
  void end_job(const std::string& type, const std::string& message) {
    const base::Json condition{{"type", type}, {"status", "True"}, {"message", message}};
    api_.set_status(kube::kTrainingJobs, kJob, {{"conditions", base::Json::array({condition})}});
  }

  base::Result<bool> run(JobLogsOptions options, bool time_passes = true) {
    options.job = kJob;
    options.look.raw = true;
    JobLogs logs(
        api_,
        [this](const auto& pod, const auto& wanted, auto, const auto& on_line) {
          return streams_.at(pod.name)(wanted, on_line);
        },
        clock_, options, [this](const std::string& line) { shown_.push_back(line); },
        [this](const std::string& line) { told_.push_back(line); });
    // Lets waits pass until it is through.
    std::jthread time([&](std::stop_token stop) {
      while (time_passes && !stop.stop_requested()) {
        clock_.advance(std::chrono::milliseconds(100));
        std::this_thread::yield();
      }
    });
    return logs.run();
  }

  cresset::testing::FakeApi api_;
  base::ManualClock clock_;
  std::string uid_;
  std::map<std::string, Stream> streams_;
  std::vector<std::string> shown_;
  std::vector<std::string> told_;
};

TEST_F(ReadingLogs, AStreamThatWasCutIsReadOnAndOneThatEndedIsReadToItsEnd) {
  add_pod("digits-0", 0, "Running");
  std::vector<std::string> wanted;
  streams_["digits-0"] = [&](const auto& options, const auto& on_line) -> base::Result<void> {
    wanted.push_back((options.follow ? "follow after " : "after ") + options.after);
    if (wanted.size() == 1) {
      on_line("t1", "one");
      return base::fail(base::unavailable("the connection is gone"));
    }
    if (wanted.size() == 2) {
      on_line("t2", "two");
      api_.set_status(kube::kPods, {"team", "digits-0"}, {{"phase", "Succeeded"}});
      end_job("Complete", "done");
    }
    return {};
  };
  const auto failed = run({.follow = true});
  ASSERT_TRUE(failed) << failed.error().message();
  EXPECT_FALSE(*failed);
  EXPECT_THAT(wanted, ElementsAre("follow after ", "follow after t1", "after t2"));
  EXPECT_THAT(shown_, ElementsAre("one", "two"));
  EXPECT_THAT(told_, ElementsAre("digits-0: the connection is gone", "digits: Complete: done"));
}

TEST_F(ReadingLogs, NoLineIsLostHoweverManyAPodHas) {
  add_pod("digits-0", 0, "Succeeded");
  add_pod("digits-1", 1, "Succeeded");
  for (const char* pod : {"digits-0", "digits-1"})
    streams_[pod] = [](const auto&, const auto& on_line) -> base::Result<void> {
      for (int i = 0; i < 3000; ++i) on_line("t", std::to_string(i));
      return {};
    };
  ASSERT_TRUE(run({}));
  EXPECT_EQ(shown_.size(), 6000U);
  EXPECT_TRUE(told_.empty());
}

TEST_F(ReadingLogs, PodsOfAnotherJobOfThatNameAreNotReadAndOneThatWaitsIsTold) {
  add_pod("digits-0", 0, "Running");
  add_pod("digits-1", 1, "Pending");
  add_pod("digits-old", 0, "Failed", "another");
  streams_["digits-0"] = [](const auto&, const auto& on_line) -> base::Result<void> {
    on_line("t", "one");
    return {};
  };
  ASSERT_TRUE(run({}));
  EXPECT_THAT(shown_, ElementsAre("one"));
  EXPECT_THAT(told_, ElementsAre("digits-1 has not started"));
}

TEST_F(ReadingLogs, AJobThatIsDeletedEndsIt) {
  add_pod("digits-0", 0, "Running");
  streams_["digits-0"] = [this](const auto&, const auto&) -> base::Result<void> {
    api_.erase(kube::kTrainingJobs, kJob);
    api_.erase(kube::kPods, {"team", "digits-0"});
    return base::fail(base::not_found("no such pod"));
  };
  const auto failed = run({.follow = true});
  ASSERT_TRUE(failed) << failed.error().message();
  EXPECT_TRUE(*failed);
  EXPECT_THAT(told_, ElementsAre("digits: it was deleted"));
}

TEST_F(ReadingLogs, OneThatIsMadeAnewUnderThatNameIsAnother) {
  add_pod("digits-0", 0, "Running");
  streams_["digits-0"] = [this](const auto&, const auto&) -> base::Result<void> {
    api_.erase(kube::kTrainingJobs, kJob);
    api_.seed(kube::kTrainingJobs, {{"apiVersion", "cresset.dev/v1alpha1"},
                                    {"kind", "TrainingJob"},
                                    {"metadata", meta("digits")},
                                    {"spec", base::Json::object()}});
    return {};
  };
  const auto failed = run({.follow = true});
  ASSERT_TRUE(failed) << failed.error().message();
  EXPECT_TRUE(*failed);
  EXPECT_THAT(told_, ElementsAre("digits: it was deleted"));
}

TEST_F(ReadingLogs, SinceIsAskedForUntilThereWasALine) {
  add_pod("digits-0", 0, "Running");
  std::vector<std::optional<int64_t>> wanted;
  streams_["digits-0"] = [&](const auto& options, const auto&) -> base::Result<void> {
    wanted.push_back(options.since_seconds);
    if (wanted.size() == 1) return base::fail(base::timed_out("it is quiet"));
    api_.set_status(kube::kPods, {"team", "digits-0"}, {{"phase", "Succeeded"}});
    end_job("Complete", "done");
    return {};
  };
  ASSERT_TRUE(run({.follow = true, .since_seconds = 90}));
  EXPECT_THAT(wanted, ElementsAre(90, 90, 90));
  EXPECT_THAT(told_, ElementsAre("digits: Complete: done")) << "that it is quiet is no news";
}

TEST_F(ReadingLogs, LogsThatMayNotBeReadAreAnErrorAndOthersThatCannotBeAreTold) {
  add_pod("digits-0", 0, "Failed");
  bool forbidden = false;
  streams_["digits-0"] = [&](const auto&, const auto&) -> base::Result<void> {
    return base::fail(forbidden ? base::forbidden("cannot get resource \"pods/log\"")
                                : base::not_found("the node has lost them"));
  };
  const auto lost = run({});
  ASSERT_TRUE(lost) << lost.error().message();
  EXPECT_TRUE(*lost) << "not all was shown";
  EXPECT_THAT(told_, ElementsAre("digits-0: the node has lost them"));
  forbidden = true;
  const auto failed = run({.follow = true});
  ASSERT_FALSE(failed);
  EXPECT_THAT(failed.error().message(), HasSubstr("pods/log"));
}

TEST_F(ReadingLogs, ThatAJobFailedIsNoFailureOfShowingWhatItWrote) {
  add_pod("digits-0", 0, "Failed");
  end_job("Failed", "training diverged");
  streams_["digits-0"] = [](const auto&, const auto&) -> base::Result<void> { return {}; };
  const auto failed = run({});
  ASSERT_TRUE(failed) << failed.error().message();
  EXPECT_FALSE(*failed);
}

TEST_F(ReadingLogs, APodThatIsGoneBeforeItWasReadIsTold) {
  add_pod("digits-0", 0, "Succeeded");
  streams_["digits-0"] = [this](const auto&, const auto&) -> base::Result<void> {
    api_.erase(kube::kPods, {"team", "digits-0"});
    return base::fail(base::not_found("no such pod"));
  };
  const auto failed = run({});
  ASSERT_TRUE(failed) << failed.error().message();
  EXPECT_TRUE(*failed);
  EXPECT_THAT(told_, ElementsAre("digits-0: no such pod"));
}

TEST_F(ReadingLogs, WhatAlwaysFailsIsToldOnceForEachReason) {
  add_pod("digits-0", 0, "Running");
  int reads = 0;
  streams_["digits-0"] = [&](const auto&, const auto&) -> base::Result<void> {
    if (++reads < 6)
      return base::fail(base::unavailable(reads < 4 ? "no route to host" : "\x1b[31mrefused"));
    api_.set_status(kube::kPods, {"team", "digits-0"}, {{"phase", "Succeeded"}});
    end_job("Complete", "done\nwith\x1b[31m it");
    return {};
  };
  const auto failed = run({.follow = true});
  ASSERT_TRUE(failed) << failed.error().message();
  EXPECT_FALSE(*failed);
  EXPECT_THAT(told_, ElementsAre("digits-0: no route to host", "digits-0: [31mrefused",
                                 "digits: Complete: done with [31m it"));
}

TEST_F(ReadingLogs, ManyLinesAreNoReasonToLookAgain) {
  add_pod("digits-0", 0, "Succeeded");
  streams_["digits-0"] = [](const auto&, const auto& on_line) -> base::Result<void> {
    for (int i = 0; i < 10000; ++i) on_line("t", std::to_string(i));
    return {};
  };
  ASSERT_TRUE(run({}, false));
  EXPECT_EQ(shown_.size(), 10000U);
  EXPECT_EQ(api_.calls("list").size(), 2U) << "at the beginning and when all was read";
}

TEST_F(ReadingLogs, LinesWithoutATimeHaveThatOfTheNode) {
  add_pod("digits-0", 0, "Succeeded");
  add_pod("digits-1", 1, "Succeeded");
  const auto writes = [](std::vector<std::string> seconds) -> Stream {
    return [seconds](const auto&, const auto& on_line) -> base::Result<void> {
      for (const auto& second : seconds)
        on_line("2026-01-01T12:00:0" + second + ".000000000Z", second);
      return {};
    };
  };
  streams_["digits-0"] = writes({"1", "3"});
  streams_["digits-1"] = writes({"2", "4"});
  ASSERT_TRUE(run({}, false)) << "no patience ends";
  EXPECT_THAT(shown_, ElementsAre("1", "2", "3", "4"));
}

TEST_F(ReadingLogs, AJobThatIsNotThereIsToldWithItsNamespaceAndAnUnknownKindWithItsCrd) {
  api_.erase(kube::kTrainingJobs, kJob);
  auto refused = run({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "namespace team has no TrainingJob digits");
  api_.set_fault([](const auto& call) -> std::optional<base::Error> {
    if (call.resource != kube::kTrainingJobs) return std::nullopt;
    return base::not_found("404 page not found");
  });
  refused = run({});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("is its CRD installed?"));
}

}  // namespace
}  // namespace cresset::cli::job_logs_test
