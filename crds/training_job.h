#pragma once
// TrainingJob: the struct of the kind, its JSON codec, defaults and validation. The schema of the
// same fields is helm/cresset/schemas/training_job.yaml; a parity test holds both together.
// Decoding never loses an object: a spec that cannot be right is kept with `invalid` set, so that
// the controller can say so in a condition. Pure values; any thread.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "crds/failure_policy.h"
#include "crds/pod_options.h"
#include "crds/worker_contract/worker_config.h"
#include "operator/base/json.h"
#include "operator/kube/core/object.h"

namespace cresset::crds {

struct Workers {
  int count = 1;
  std::optional<int> min;
  std::optional<int> max;
  std::optional<int> processes_per_worker;
  base::Shared<PodOptions> pod;
  base::Json pod_template = base::Json::object();  // `template`: merged over what Cresset renders
  bool operator==(const Workers&) const = default;
};

// What spec.managedBy of a job of Cresset's says, if anything.
inline constexpr char kManager[] = "cresset.dev/training-job-controller";

// The budgets are those of spec.failurePolicy, charged since they were last whole.
struct TrainingJobStatus : Budgets {
  base::Interned state;  // one display word, read by no code
  std::vector<kube::Condition> conditions;
  int workers_ready = 0;
  int workers_total = 0;
  int64_t step = 0;
  int64_t total_steps = 0;
  int64_t epoch = 0;
  double loss = 0;
  std::optional<double> samples_per_second;  // while it runs
  std::optional<int64_t> remaining_seconds;  // while it runs
  std::optional<int64_t> bad_rows;           // that were left out of the data, if any
  std::map<std::string, double> metrics;
  std::optional<int64_t> resumed_from_step;  // of the newest round that resumed
  std::optional<int64_t> checkpoint_step;
  base::MaybeTime checkpoint_time;
  std::map<std::string, int> restarts_by_cause;  // all that there ever were
  int disruptions = 0;      // rounds that ended because the cluster took a worker away
  int disrupted_round = 0;  // the newest of them
  // The group, one round at a time (DESIGN section 3). Written before any member is told.
  int round = 0;
  int world_size = 0;
  base::Interned members;      // worker indices as ranges, "0-2,4"
  std::string members_digest;  // of the members' pod UIDs; "" when no round is on
  // By worker the attempt of the round's member, or above all that there is of one that is none:
  // "1:2,4:1" where it is not 0. It never falls.
  std::optional<base::Interned> attempts;
  base::Interned template_digest;  // of what pods are made from; "" of an operator that kept none
  std::string selector;            // labels of the pods, for /scale
  std::string model_uri;
  std::string model_digest;
  base::MaybeTime start_time;
  base::MaybeTime completion_time;
  base::MaybeTime progress_time;  // when step, loss … were last written
  int64_t observed_generation = 0;
  bool operator==(const TrainingJobStatus&) const = default;
};

struct TrainingJob {
  kube::ObjectMeta meta;
  std::string framework = "Cresset";
  std::string managed_by;  // a controller as "acme.example/queue"; "" = Cresset
  Workers workers;
  // What the worker is told; name, namespace and uid included. Valid unless `invalid` is set.
  worker_contract::WorkerConfig config;
  FailurePolicy failure_policy;
  bool suspend = false;
  std::optional<int64_t> active_deadline_seconds;
  std::optional<int64_t> pending_deadline_seconds;
  std::optional<int64_t> progress_deadline_seconds;
  std::string clean_up_policy = "Running";  // None | Running | All
  std::optional<int64_t> ttl_seconds_after_finished;
  std::optional<int64_t> ttl_seconds_after_failed;  // instead, of a job that failed
  TrainingJobStatus status;
  std::optional<base::Error> invalid;

  // Whether it is Cresset's. Of another controller's nothing is made, and nothing written.
  bool managed_here() const;
  // Complete or Failed: nothing runs any more.
  bool finished() const;
};

// Fails only when the object has no name; everything else that is wrong goes into `invalid`.
base::Result<TrainingJob> decode_training_job(const base::Json& object);
base::Json encode_spec(const TrainingJob& job);
TrainingJobStatus decode_training_job_status(const base::Json& status);
base::Json encode(const TrainingJobStatus& status);

}  // namespace cresset::crds
