#pragma once
// What the tests of this folder start from: a TrainingJob, its pods and reports as JSON and
// structs, at one moment of time.

#include <memory>
#include <string>

#include "controllers/training_job/group.h"
#include "controllers/training_job/observe.h"
#include "controllers/training_job/pods.h"
#include "crds/training_job.h"

namespace cresset::controllers::training_job {

inline const base::WallTime kNow = *base::parse_time("2026-01-01T01:00:00Z");
inline const kube::ObjectKey kKey{"team", "digits"};
inline const PodSettings kSettings{.images = {.cpu = "worker:1", .cuda = "worker-cuda:1"},
                                   .coordination_url = "https://cresset-operator.cresset.svc:8443",
                                   .coordination_ca = "the CA"};

// {apiVersion, kind, metadata, spec} of team/digits, uid "job"; `spec` is merged over the least
// one.
base::Json job_json(const base::Json& spec = base::Json::object());
crds::TrainingJob job_of(const base::Json& object);

struct PodWish {
  int index = 0;
  int attempt = 0;
  std::string phase = "Running";
  int exit_code = 0;     // below 0: its container never ended
  std::string ended_by;  // the reason of its container's end; "" = Completed or Error
  std::string last_words;
  int ended_seconds_ago = 60;
  int made_seconds_ago = 600;
  bool going = false;
  std::string scheduler_words;
  std::string disruption;  // the reason of its condition DisruptionTarget
  std::string owner = "job";
  std::string uid() const { return "pod-" + std::to_string(index) + "-" + std::to_string(attempt); }
};
base::Json pod_json(const PodWish& wish);
std::shared_ptr<const Pod> pod_of(const PodWish& wish);

// The Service as the plan makes it, with the template kept, and the NetworkPolicy.
void add_children(Observed& observed, const crds::TrainingJob& job);
worker_contract::WorkerReport report(const PodWish& pod, int round,
                                     worker_contract::WorkerState state, int seconds_ago = 0);
// The status of a job whose round `round` these pods belong to.
void put_round(crds::TrainingJob& job, int round, const std::vector<PodWish>& members);

}  // namespace cresset::controllers::training_job
