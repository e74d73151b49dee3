#pragma once
// The workers' pods: the template, rendered once a job, and the pod of one index and attempt made
// from it. Pure. What may change during a job's life without changing the template (the
// coordination endpoint and its CA) is put in when a pod is made.

#include <string>

#include "controllers/common/pod_render.h"
#include "crds/training_job.h"

namespace cresset::controllers::training_job {

inline constexpr char kAttemptLabel[] = "cresset.dev/attempt";

struct PodSettings {
  WorkerImages images;
  std::string coordination_url;  // https://cresset-operator.NS.svc:8443
  std::string coordination_ca;   // PEM bundle
};

// Labels of every child of the job.
base::Json job_labels(const crds::TrainingJob& job);
// {metadata: {labels}, spec}; the user's `template` is merged over it.
base::Json render_template(const crds::TrainingJob& job, const PodSettings& settings);
// NAME-INDEX, and NAME-INDEX-rATTEMPT for replacements: no other job's pods can be called so.
std::string pod_name(const std::string& job, int index, int attempt);
base::Json make_pod(const crds::TrainingJob& job, const base::Json& pod_template, int index,
                    int attempt, const PodSettings& settings);

}  // namespace cresset::controllers::training_job
