#pragma once
// The parts of a pod that both kinds render alike: the restricted security settings, the user's pod
// fields, storage credentials by reference, GPU toleration, and the merge of a user's `template`.
// Pure.

#include <string>

#include "crds/pod_options.h"
#include "crds/worker_contract/training_spec.h"
#include "operator/base/json.h"

namespace cresset::controllers {

struct WorkerImages {
  std::string cpu;   // cresset-worker
  std::string cuda;  // cresset-worker-cuda
  std::string pull_policy = "IfNotPresent";
};

// runAsNonRoot 65532, RuntimeDefault seccomp: the restricted Pod Security level.
base::Json pod_security_context();
base::Json container_security_context();
// {name, value}; the container gets `value` as it stands. (The kubelet would put the values of
// other variables, a Secret's among them, in the place of $(NAME).)
base::Json env(const std::string& name, const std::string& value);
// {name, valueFrom: {fieldRef: {fieldPath}}}
base::Json env_field(const std::string& name, const std::string& field_path);
// Whether Google is to know the pods of `options` by their service account: it is named, for
// nothing else would tell that it may be used, there is no secret, or one that may hold the keys of
// S3 alone (a key of Google's in it speaks for them instead), and the endpoint is none of http://,
// to which the worker sends no token.
bool has_google_identity(const worker_contract::StorageSpec& storage,
                         const worker_contract::Buckets& buckets, const crds::PodOptions& options);
// The keys of the storage secret: those of the buckets that are used, and of two kinds each may be
// missing; the session token always may. Without a secret, the identity.
base::Json storage_env(const worker_contract::StorageSpec& storage,
                       const worker_contract::Buckets& buckets, const crds::PodOptions& options);
// The user's image, else the CUDA image when GPUs are asked for, else the CPU image.
std::string image_for(const crds::PodOptions& options, const WorkerImages& images);
// nodeSelector, tolerations (the GPU one included), runtimeClassName, … into a pod spec.
void put_pod_options(const crds::PodOptions& options, base::Json& pod_spec);
// Strategic enough for a pod template: objects merge, `containers`, `initContainers`, `volumes` and
// `env` merge by name, `volumeMounts` by mountPath, other lists and scalars of `over` replace.
base::Json merge_template(base::Json base, const base::Json& over);

}  // namespace cresset::controllers
