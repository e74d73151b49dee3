#pragma once
// The workers' pods: the template, rendered once a job, and the pod of one index and attempt made
// from it. Pure. What may change during a job's life without changing the template (the
// coordination endpoint and its CA) is put in when a pod is made.

#include <string>
#include <vector>

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
// What the labels say; -1 when they say nothing that can be.
int worker_index(const kube::ObjectMeta& pod);
int worker_attempt(const kube::ObjectMeta& pod);
// The index of pods by the job whose workers they are (kByOwner): empty for a pod that says so but
// is not called as the worker of its index and attempt is. Names are given once, so there are no
// two pods of one attempt, whatever labels and owners somebody writes into others.
std::vector<std::string> job_of_worker(const kube::ObjectMeta& pod);
base::Json make_pod(const crds::TrainingJob& job, const base::Json& pod_template, int index,
                    int attempt, const PodSettings& settings);

}  // namespace cresset::controllers::training_job
