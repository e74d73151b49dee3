#include "controllers/common/pod_render.h"

#include <algorithm>

#include "crds/worker_contract/names.h"

namespace cresset::controllers {

using base::Json;

Json pod_security_context() {
  return {{"runAsNonRoot", true},
          {"runAsUser", 65532},
          {"runAsGroup", 65532},
          {"fsGroup", 65532},
          {"seccompProfile", {{"type", "RuntimeDefault"}}}};
}

Json container_security_context() {
  return {{"allowPrivilegeEscalation", false},
          {"readOnlyRootFilesystem", true},
          {"capabilities", {{"drop", {"ALL"}}}}};
}

Json env(const std::string& name, const std::string& value) {
  std::string literal;
  for (const char c : value) literal.append(c == '$' ? 2 : 1, c);
  return {{"name", name}, {"value", std::move(literal)}};
}

Json env_field(const std::string& name, const std::string& field_path) {
  return {{"name", name}, {"valueFrom", {{"fieldRef", {{"fieldPath", field_path}}}}}};
}

bool has_google_identity(const worker_contract::StorageSpec& storage,
                         const worker_contract::Buckets& buckets, const crds::PodOptions& options) {
  return buckets.gcs && (storage.secret_name.empty() || buckets.s3) &&
         !options.service_account.empty() && !storage.endpoint.starts_with("http://");
}

Json storage_env(const worker_contract::StorageSpec& storage,
                 const worker_contract::Buckets& buckets, const crds::PodOptions& options) {
  Json list = Json::array();
  if (has_google_identity(storage, buckets, options))
    list.push_back(env(worker_contract::kGoogleIdentityEnv, worker_contract::kPodIdentity));
  if (storage.secret_name.empty()) return list;
  const auto key = [&](const char* name, bool optional) {
    Json reference{{"name", storage.secret_name}, {"key", name}};
    if (optional) reference["optional"] = true;
    list.push_back({{"name", name}, {"valueFrom", {{"secretKeyRef", std::move(reference)}}}});
  };
  if (buckets.s3 || !buckets.gcs) {
    key(worker_contract::kAccessKeyEnv, buckets.gcs);
    key(worker_contract::kSecretKeyEnv, buckets.gcs);
    key(worker_contract::kSessionTokenEnv, true);
  }
  if (buckets.gcs) key(worker_contract::kGoogleKeyEnv, buckets.s3);
  return list;
}

std::string image_for(const crds::PodOptions& options, const WorkerImages& images) {
  if (!options.image.empty()) return options.image;
  return options.gpus() > 0 ? images.cuda : images.cpu;
}

void put_pod_options(const crds::PodOptions& options, Json& pod_spec) {
  if (!options.node_selector.empty()) pod_spec["nodeSelector"] = options.node_selector;
  Json tolerations = options.tolerations;
  if (options.gpus() > 0)
    tolerations.push_back(
        {{"key", "nvidia.com/gpu"}, {"operator", "Exists"}, {"effect", "NoSchedule"}});
  if (!tolerations.empty()) pod_spec["tolerations"] = std::move(tolerations);
  if (!options.runtime_class.empty()) pod_spec["runtimeClassName"] = options.runtime_class;
  // Named even when it is the default one: a projected token needs it before admission fills it in.
  pod_spec["serviceAccountName"] =
      options.service_account.empty() ? "default" : options.service_account;
  if (!options.priority_class.empty()) pod_spec["priorityClassName"] = options.priority_class;
  for (const auto& secret : options.image_pull_secrets)
    pod_spec["imagePullSecrets"].push_back({{"name", secret}});
}

namespace {

// The key that makes two items of a list the same one, or "" for lists that are replaced whole.
std::string merge_key(const std::string& field) {
  if (field == "volumeMounts") return "mountPath";
  for (const char* name : {"containers", "initContainers", "volumes", "env"})
    if (field == name) return "name";
  return "";
}

Json merge_lists(Json base, const Json& over, const std::string& key) {
  for (const auto& item : over) {
    const auto same = std::find_if(base.begin(), base.end(), [&](const Json& mine) {
      return mine.is_object() && item.is_object() && mine.contains(key) && item.contains(key) &&
             mine[key] == item[key];
    });
    if (same == base.end())
      base.push_back(item);
    else
      *same = merge_template(std::move(*same), item);
  }
  return base;
}

}  // namespace

Json merge_template(Json base, const Json& over) {
  if (!base.is_object() || !over.is_object()) return over;
  for (const auto& [field, value] : over.items()) {
    const std::string key = merge_key(field);
    auto& mine = base[field];
    if (!key.empty() && mine.is_array() && value.is_array())
      mine = merge_lists(std::move(mine), value, key);
    else if (mine.is_object() && value.is_object())
      mine = merge_template(std::move(mine), value);
    else
      mine = value;
  }
  return base;
}

}  // namespace cresset::controllers
