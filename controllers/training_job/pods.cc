#include "controllers/training_job/pods.h"

#include "controllers/common/child.h"
#include "controllers/common/names.h"
#include "controllers/training_job/service.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::training_job {

using base::Json;
namespace contract = worker_contract;

namespace {

int label_number(const kube::ObjectMeta& meta, const std::string& label) {
  const auto found = meta.labels->find(label);
  if (found == meta.labels->end()) return -1;
  const std::string& text = found->second;
  if (text.empty() || text.size() > 6 || text.find_first_not_of("0123456789") != text.npos)
    return -1;
  return std::stoi(text);
}

// Where the supervisor keeps the newest checkpoint; memory is charged to the pod.
constexpr char kSharedMemory[] = "/dev/shm";
constexpr char kSharedMemorySize[] = "1Gi";

Json token_volume() {
  const Json token{
      {"serviceAccountToken",
       {{"path", "token"}, {"audience", contract::kAudience}, {"expirationSeconds", 3600}}}};
  return {{"name", "cresset-token"}, {"projected", {{"sources", Json::array({token})}}}};
}

Json worker_container(const crds::TrainingJob& job, const PodSettings& settings) {
  Json variables = storage_env(job.config.storage, buckets_of_job(job.config), *job.workers.pod);
  variables.push_back(env(contract::kConfigEnv, base::dump(encode(job.config))));
  variables.push_back(env_field(contract::kPodNameEnv, "metadata.name"));
  variables.push_back(env_field(contract::kPodUidEnv, "metadata.uid"));
  variables.push_back(env_field(contract::kPodIpEnv, "status.podIP"));
  Json container{
      {"name", contract::kTrainContainer},
      {"image", image_for(*job.workers.pod, settings.images)},
      {"imagePullPolicy", settings.images.pull_policy},
      {"args", {"train"}},
      {"env", std::move(variables)},
      {"ports",
       {{{"name", "store"}, {"containerPort", contract::kStorePort}, {"protocol", "TCP"}},
        {{"name", "metrics"}, {"containerPort", contract::kMetricsPort}, {"protocol", "TCP"}}}},
      {"terminationMessagePath", contract::kTerminationPath},
      {"terminationMessagePolicy", "File"},
      {"securityContext", container_security_context()},
      {"volumeMounts",
       {{{"name", "cresset-token"}, {"mountPath", "/var/run/secrets/cresset"}, {"readOnly", true}},
        {{"name", "shared-memory"}, {"mountPath", kSharedMemory}},
        {{"name", "tmp"}, {"mountPath", "/tmp"}}}}};
  if (!job.workers.pod->resources.empty()) container["resources"] = job.workers.pod->resources;
  return container;
}

}  // namespace

Json job_labels(const crds::TrainingJob& job) {
  Json labels = recommended_labels(job.meta.name, "training");
  labels[contract::kJobLabel] = label_value(job.meta.name);
  return labels;
}

Json render_template(const crds::TrainingJob& job, const PodSettings& settings) {
  Json spec{{"restartPolicy", "Never"},
            {"automountServiceAccountToken", false},
            {"enableServiceLinks", false},
            {"terminationGracePeriodSeconds", 30},
            {"subdomain", service_name(job.meta.name)},
            {"securityContext", pod_security_context()},
            {"containers", Json::array({worker_container(job, settings)})},
            {"volumes",
             {token_volume(),
              {{"name", "shared-memory"},
               {"emptyDir", {{"medium", "Memory"}, {"sizeLimit", kSharedMemorySize}}}},
              {{"name", "tmp"}, {"emptyDir", Json::object()}}}}};
  put_pod_options(*job.workers.pod, spec);
  Json rendered{{"metadata", {{"labels", job_labels(job)}}}, {"spec", std::move(spec)}};
  return merge_template(std::move(rendered), job.workers.pod_template);
}

std::string pod_name(const std::string& job, int index, int attempt) {
  std::string suffix = "-" + std::to_string(index);
  if (attempt > 0) suffix += "-r" + std::to_string(attempt);
  return child_name(job, suffix);
}

int worker_index(const kube::ObjectMeta& pod) { return label_number(pod, contract::kIndexLabel); }
int worker_attempt(const kube::ObjectMeta& pod) { return label_number(pod, kAttemptLabel); }

std::vector<std::string> job_of_worker(const kube::ObjectMeta& pod) {
  const auto* owner = pod.controller();
  const int index = worker_index(pod), attempt = worker_attempt(pod);
  if (owner == nullptr || index < 0 || attempt < 0) return {};
  return pod.name == pod_name(owner->name, index, attempt) ? owner_of(pod)
                                                           : std::vector<std::string>{};
}

Json make_pod(const crds::TrainingJob& job, const Json& pod_template, int index, int attempt,
              const PodSettings& settings) {
  Json pod = pod_template;
  pod["apiVersion"] = "v1";
  pod["kind"] = "Pod";
  Json& meta = pod["metadata"];
  meta["name"] = pod_name(job.meta.name, index, attempt);
  meta["namespace"] = job.meta.ns;
  meta["labels"][contract::kJobLabel] = label_value(job.meta.name);
  meta["labels"][contract::kIndexLabel] = std::to_string(index);
  meta["labels"][kAttemptLabel] = std::to_string(attempt);
  meta["ownerReferences"] = owner_references(kube::kTrainingJobs, job.meta);
  pod["spec"]["hostname"] = meta["name"];
  for (auto& container : pod["spec"]["containers"]) {
    if (container.value("name", "") != contract::kTrainContainer) continue;
    Json& variables = container["env"];
    variables.push_back(env(contract::kWorkerIndexEnv, std::to_string(index)));
    variables.push_back(env(contract::kCoordinationUrlEnv, settings.coordination_url));
    variables.push_back(env(contract::kCoordinationCaEnv, settings.coordination_ca));
  }
  return pod;
}

}  // namespace cresset::controllers::training_job
