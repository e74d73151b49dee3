#include "controllers/common/pod.h"

#include <gtest/gtest.h>

#include "operator/kube/core/document.h"

namespace cresset::controllers {
namespace {

using base::Json;

TEST(PodTest, ARunningPodHasAnAddressAndANode) {
  const auto pod = *decode_pod(Json{{"metadata", {{"name", "digits-0"}}},
                                    {"spec", {{"nodeName", "node-1"}}},
                                    {"status",
                                     {{"phase", "Running"},
                                      {"podIP", "10.0.0.7"},
                                      {"conditions", {{{"type", "Ready"}, {"status", "True"}}}}}}});
  EXPECT_EQ(pod.phase, PodPhase::kRunning);
  EXPECT_EQ(pod.ip, "10.0.0.7");
  EXPECT_EQ(pod.node, "node-1");
  EXPECT_TRUE(pod.ready);
  EXPECT_FALSE(pod.terminal());
  EXPECT_FALSE(pod.going());
}

TEST(PodTest, OfItsLabelsThoseAreKeptThatAreRead) {
  const auto pod = *decode_pod(Json{
      {"metadata",
       {{"labels", {{"cresset.dev/worker-index", "1"}, {"app.kubernetes.io/name", "cresset"}}}}}});
  EXPECT_EQ(*pod.meta.labels, (kube::Texts{{"cresset.dev/worker-index", "1"}}));
}

TEST(PodTest, APodWithoutAPlaceHasTheSchedulersWords) {
  const auto pod = *decode_pod(Json{{"status",
                                     {{"phase", "Pending"},
                                      {"conditions",
                                       {{{"type", "PodScheduled"},
                                         {"status", "False"},
                                         {"message", "Insufficient nvidia.com/gpu"}}}}}}});
  EXPECT_EQ(pod.details->unschedulable, "Insufficient nvidia.com/gpu");
}

TEST(PodTest, AnEndedPodHasItsCodeAndLastWords) {
  const auto pod = *decode_pod(Json{{"status",
                                     {{"phase", "Failed"},
                                      {"containerStatuses",
                                       {{{"name", "worker"},
                                         {"state",
                                          {{"terminated",
                                            {{"exitCode", 137},
                                             {"reason", "OOMKilled"},
                                             {"message", "words"},
                                             {"finishedAt", "2026-01-01T00:00:00Z"}}}}}}}}}}});
  EXPECT_TRUE(pod.terminal());
  EXPECT_EQ(pod.details->exit_code, 137);
  EXPECT_EQ(pod.details->termination_reason, "OOMKilled");
  EXPECT_EQ(pod.details->termination_message, "words");
  EXPECT_EQ(*pod.details->finished, *base::parse_time("2026-01-01T00:00:00Z"));
}

TEST(PodTest, AnImageThatCannotBePulledIsTold) {
  const auto waiting = [](const char* reason) {
    return decode_pod(
               Json{{"status",
                     {{"phase", "Pending"},
                      {"containerStatuses",
                       {{{"name", "serve"},
                         {"state", {{"waiting", {{"reason", reason}, {"message", "no"}}}}}}}}}}})
        ->details->waiting;
  };
  EXPECT_EQ(waiting("ErrImagePull"), "ErrImagePull: no");
  EXPECT_EQ(waiting("ContainerCreating"), "");
}

// As the kubelet has them: by name, those of a mesh or a template among them.
TEST(PodTest, TheEndOfOurContainerCountsWhereverItStands) {
  const auto ended = [](const char* name, int code) {
    return Json{{"name", name},
                {"state", {{"terminated", {{"exitCode", code}, {"message", name}}}}}};
  };
  const auto decoded = [](const Json& statuses) {
    return *decode_pod(Json{{"status", {{"phase", "Failed"}, {"containerStatuses", statuses}}}});
  };
  for (const char* ours : {"worker", "serve"})
    for (const Json& statuses : {Json{ended("a-proxy", 1), ended(ours, 12), ended("z-logs", 0)},
                                 Json{ended(ours, 12), ended("zz-logs", 0)}}) {
      EXPECT_EQ(decoded(statuses).details->exit_code, 12) << statuses;
      EXPECT_EQ(decoded(statuses).details->termination_message, ours) << statuses;
    }
  EXPECT_FALSE(decoded({ended("a-proxy", 1)}).details->exit_code);
  EXPECT_EQ(decoded({ended("serve", 10), ended("worker", 137)}).details->exit_code, 137);
}

TEST(PodTest, AContainerBesideOursThatFailsIsNoFailureOfOurs) {
  const auto phase = [](int ours, int other, const char* reason) {
    const auto ended = [](const char* name, int code) {
      return Json{{"name", name}, {"state", {{"terminated", {{"exitCode", code}}}}}};
    };
    return decode_pod(
               Json{{"status",
                     {{"phase", "Failed"},
                      {"reason", reason},
                      {"containerStatuses", {ended("logs", other), ended("worker", ours)}}}}})
        ->phase;
  };
  EXPECT_EQ(phase(0, 1, ""), PodPhase::kSucceeded);
  EXPECT_EQ(phase(1, 0, ""), PodPhase::kFailed);
  EXPECT_EQ(phase(0, 0, "Evicted"), PodPhase::kFailed);
}

TEST(PodTest, AnotherContainerThatWaitsIsToldByItsNameUnlessOursDoes) {
  const auto waits = [](const char* name, const char* reason) {
    return Json{{"name", name}, {"state", {{"waiting", {{"reason", reason}, {"message", "m"}}}}}};
  };
  const auto waiting = [](const Json& statuses) {
    return decode_pod(Json{{"status", {{"containerStatuses", statuses}}}})->details->waiting;
  };
  const Json proxy = waits("proxy", "ErrImagePull"), worker = waits("worker", "CreateFailed");
  EXPECT_EQ(waiting({proxy, waits("worker", "PodInitializing")}),
            "container proxy: ErrImagePull: m");
  EXPECT_EQ(waiting({proxy, worker}), "CreateFailed: m");
  EXPECT_EQ(waiting({worker, waits("z", "ErrImagePull")}), "CreateFailed: m");
}

// By whoever may write the status of pods; a worker reaches the kubelet's limit at most.
TEST(PodTest, TextsWithoutBoundAreCutWhenTheyAreRead) {
  const std::string endless(1 << 20, 'x');
  const Json ended = {{"terminated", {{"exitCode", 1}, {"reason", endless}, {"message", endless}}}};
  const Json waiting = {{"waiting", {{"reason", endless}, {"message", endless}}}};
  for (const auto& [state, last] : {std::pair{ended, Json()}, std::pair{waiting, ended}}) {
    const auto pod = *decode_pod(Json{
        {"status",
         {{"phase", "Failed"},
          {"reason", endless},
          {"conditions",
           {{{"type", "PodScheduled"}, {"status", "False"}, {"message", endless}},
            {{"type", "DisruptionTarget"}, {"status", "True"}, {"reason", endless}}}},
          {"containerStatuses", {{{"name", "worker"}, {"state", state}, {"lastState", last}}}}}}});
    EXPECT_EQ(pod.details->termination_message.size(), kMostLastWords);
    EXPECT_EQ(pod.details->termination_reason.size(), kMostPodText);
    EXPECT_EQ(pod.details->reason.size(), kMostPodText);
    EXPECT_EQ(pod.details->disruption.size(), kMostPodText);
    EXPECT_EQ(pod.details->unschedulable.size(), kMostPodText);
    EXPECT_LE(pod.details->waiting.size(), 2 * kMostPodText + 2);
  }
}

TEST(PodTest, WhatWaitsSaysSoInOneLineWithoutControlCharacters) {
  const auto pod = *decode_pod(Json{
      {"status",
       {{"conditions",
         {{{"type", "PodScheduled"}, {"status", "False"}, {"message", "no\x1b[2J\nroom"}}}},
        {"containerStatuses",
         {{{"name", "worker"},
           {"state",
            {{"waiting", {{"reason", "ErrImagePull"}, {"message", "not\r\nfound\x07"}}}}}}}}}}});
  EXPECT_EQ(pod.details->unschedulable, "no [2J room");
  EXPECT_EQ(pod.details->waiting, "ErrImagePull: not found");
}

TEST(PodTest, IsTheSameWhateverHoldsTheObject) {
  const char* text = R"({
    "metadata": {"namespace": "team", "name": "digits-0", "resourceVersion": "42",
      "uid": "6ba7b810-9dad-41d1-80b4-00c04fd430c8", "creationTimestamp": "2026-01-01T00:00:00Z",
      "labels": {"cresset.dev/worker-index": "0"},
      "ownerReferences": [{"kind": "TrainingJob", "name": "digits", "controller": true}]},
    "spec": {"nodeName": "node-1"},
    "status": {"phase": "Failed", "podIP": "10.0.0.7",
      "conditions": [{"type": "Ready", "status": "False"}],
      "containerStatuses": [{"name": "worker", "state": {"terminated": {"exitCode": 137, "message": "words"}}}]}})";
  kube::Document sent;
  ASSERT_TRUE(sent.read(text));
  EXPECT_EQ(*decode_pod(sent.root()), *decode_pod(Json::parse(text)));
  EXPECT_EQ(decode_pod(sent.root())->details->exit_code, 137);
}

TEST(PodTest, WhatManySayAlikeIsHeldOnce) {
  const Json object = {{"metadata", {{"labels", {{"cresset.dev/worker-index", "77"}}}}},
                       {"status", {{"reason", "Evicted"}}}};
  const auto one = *decode_pod(object), other = *decode_pod(object);
  EXPECT_EQ(&*one.meta.labels, &*other.meta.labels);
  EXPECT_EQ(&*one.details, &*other.details);
}

TEST(PodTest, AnEmptyObjectIsAPodOfWhichNothingIsKnown) {
  const auto pod = *decode_pod(Json::object());
  EXPECT_EQ(pod.phase, PodPhase::kUnknown);
  EXPECT_FALSE(pod.details->exit_code);
}

}  // namespace
}  // namespace cresset::controllers
