#include "operator/coordination/job_view.h"

#include <gtest/gtest.h>

namespace cresset::coordination {
namespace {

TEST(JobViewOf, TakesTheRoundFromTheStatus) {
  crds::TrainingJob job;
  job.meta.ns = "team";
  job.meta.name = "digits";
  job.meta.uid = base::Uid("job");
  job.suspend = true;
  job.status.round = 4;
  job.status.world_size = 6;
  job.status.members = "0-2";
  job.status.members_digest = "sha256:1";
  const JobView view = job_view(job).value();
  EXPECT_EQ(view.key.to_string(), "team/digits");
  EXPECT_EQ(view.round, 4);
  EXPECT_EQ(view.world_size, 6);
  EXPECT_EQ(view.members, "0-2");
  EXPECT_EQ(view.digest, "sha256:1");
  EXPECT_TRUE(view.suspended);
  EXPECT_FALSE(view.finished);
  for (const char* type : {"Complete", "Failed"}) {
    job.status.conditions = {{.type = type, .status = kube::ConditionStatus::kTrue}};
    EXPECT_TRUE(job_view(job)->finished) << type;
  }
}

TEST(JobViewOf, AJobThatAnotherControllerManagesIsNothing) {
  crds::TrainingJob job;
  job.meta.name = "digits";
  job.managed_by = "kueue.x-k8s.io/multikueue";
  EXPECT_FALSE(job_view(job));
  job.managed_by = crds::kManager;
  EXPECT_TRUE(job_view(job));
}

TEST(WorkerPodOf, HasTheIndexOfItsLabelOrNone) {
  kube::ObjectMeta meta;
  meta.name = "digits-3";
  meta.uid = base::Uid("pod");
  meta.owners = kube::Owners{
      {.kind = "TrainingJob", .name = "digits", .uid = base::Uid("job"), .controller = true}};
  meta.labels = kube::Texts{{"cresset.dev/worker-index", "3"}};
  const WorkerPod pod = worker_pod(meta, "10.0.0.4", false);
  EXPECT_EQ(pod.index, 3);
  EXPECT_EQ(pod.job, base::Uid("job"));
  EXPECT_EQ(pod.ip, "10.0.0.4");
  EXPECT_FALSE(pod.ending);
  EXPECT_TRUE(worker_pod(meta, "", true).ending);
  for (const char* label : {"", "x", "-1", "3x"}) {
    meta.labels = kube::Texts{{"cresset.dev/worker-index", label}};
    EXPECT_EQ(worker_pod(meta, "", false).index, -1) << label;
  }
}

}  // namespace
}  // namespace cresset::coordination
