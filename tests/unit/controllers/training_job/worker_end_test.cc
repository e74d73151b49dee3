// What the end of a pod says of why it ended.
#include "controllers/training_job/worker_end.h"

#include <gtest/gtest.h>

#include "crds/worker_contract/names.h"
#include "tests/unit/controllers/training_job/fixture.h"

namespace cresset::controllers::training_job {
namespace worker_end_test {
namespace {

namespace cause = crds::cause;

TEST(WorkerEnd, SaysNothingOfAPodThatSomebodyDeletedButThatItsInputIsBad) {
  EXPECT_FALSE(end_of(*pod_of({.phase = "Failed", .exit_code = 137, .going = true})));
  const auto bad = end_of(
      *pod_of({.phase = "Failed", .exit_code = worker_contract::kExitBadInput, .going = true}));
  ASSERT_TRUE(bad);
  EXPECT_EQ(bad->cause, cause::kBadInput);
}

TEST(WorkerEnd, OfWhatTheClusterTakesAwayHasNoExitCode) {
  const auto end =
      end_of(*pod_of({.phase = "Failed", .exit_code = 143, .disruption = "EvictionByEvictionAPI"}));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, std::nullopt);
  EXPECT_EQ(cause_of_disruption("ByAControllerThatWeDoNotKnow"), cause::kEvicted);
  EXPECT_EQ(cause_of_disruption("DeletionByPodGC"), cause::kNodeLost);
}

// The kubelet writes such codes for a container that it did not find again after its node started.
TEST(WorkerEnd, OfACodeThatNoContainerGaveIsThatOfThePod) {
  const auto lost =
      end_of(*pod_of({.phase = "Failed", .exit_code = 137, .ended_by = "ContainerStatusUnknown"}));
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->cause, cause::kPodFailed);
  EXPECT_EQ(lost->exit_code, std::nullopt);
}

// Beyond its own limit of scratch space, which is not the cluster's doing.
TEST(WorkerEnd, OfAPodThatItsKubeletEndsForWhatItDoesItselfIsThatOfThePod) {
  base::Json pod = pod_json({.phase = "Failed", .exit_code = 137});
  pod["status"]["reason"] = "Evicted";
  const auto end = end_of(*decode_pod(pod));
  ASSERT_TRUE(end);
  EXPECT_EQ(end->cause, cause::kPodFailed);
  EXPECT_EQ(end->exit_code, std::nullopt);
}

}  // namespace
}  // namespace worker_end_test
}  // namespace cresset::controllers::training_job
