#include "crds/pod_template.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

#include "crds/worker_contract/names.h"

namespace cresset::crds {

using base::Json;
using base::Result;

namespace {

constexpr int kMaxDepth = 64;
constexpr size_t kMaxTemplateBytes = size_t{128} << 10;

bool is_deeper_than(const Json& value, int most) {
  if (!value.is_structured()) return false;
  if (most == 0) return true;
  for (const auto& item : value)
    if (is_deeper_than(item, most - 1)) return true;
  return false;
}

base::Failure wrong_type(const std::string& path, const char* wanted, const Json& found) {
  return base::fail(base::invalid(path + " must be " + wanted + ", found " +
                                  std::string(base::type_name(found))));
}

// The fields of `from` that are there must be objects.
Result<void> check_objects(const Json& from, std::initializer_list<const char*> names,
                           const std::string& path) {
  for (const char* name : names)
    if (const auto found = from.find(name); found != from.end() && !found->is_object())
      return wrong_type(path + "." + name, "an object", *found);
  return {};
}

// And these lists of objects.
Result<void> check_lists(const Json& from, std::initializer_list<const char*> names,
                         const std::string& path) {
  for (const char* name : names) {
    const auto found = from.find(name);
    if (found == from.end()) continue;
    if (!found->is_array()) return wrong_type(path + "." + name, "a list", *found);
    for (size_t i = 0; i < found->size(); ++i)
      if (!(*found)[i].is_object())
        return wrong_type(path + "." + name + "[" + std::to_string(i) + "]", "an object",
                          (*found)[i]);
  }
  return {};
}

Result<void> check_containers(const Json& spec, const char* list, const std::string& path) {
  const auto found = spec.find(list);
  if (found == spec.end()) return {};
  for (size_t i = 0; i < found->size(); ++i) {
    const Json& container = (*found)[i];
    const std::string at = path + "." + list + "[" + std::to_string(i) + "]";
    if (const auto name = container.find("name"); name != container.end() && !name->is_string())
      return wrong_type(at + ".name", "a string", *name);
    CRESSET_CHECK(check_objects(container, {"resources", "securityContext"}, at));
    CRESSET_CHECK(check_lists(container, {"env", "volumeMounts"}, at));
  }
  return {};
}

// What a worker is told, and where its last words are looked for, the operator alone says.
Result<void> check_worker_container(const Json& container, const std::string& path) {
  static constexpr std::array<std::string_view, 10> kOurs{
      worker_contract::kConfigEnv,          worker_contract::kWorkerIndexEnv,
      worker_contract::kPodNameEnv,         worker_contract::kPodUidEnv,
      worker_contract::kPodIpEnv,           worker_contract::kCoordinationUrlEnv,
      worker_contract::kCoordinationCaEnv,  worker_contract::kStaticMembershipEnv,
      worker_contract::kTerminationPathEnv, worker_contract::kGoogleIdentityEnv};
  for (const char* field : {"terminationMessagePath", "terminationMessagePolicy"})
    if (container.contains(field))
      return base::fail(base::invalid(path + "." + field + " is " + base::dump(container[field]) +
                                      "; a worker's last words are read where the operator set "
                                      "it: leave it out"));
  const auto variables = container.find("env");
  if (variables == container.end()) return {};
  for (size_t i = 0; i < variables->size(); ++i) {
    const auto name = (*variables)[i].find("name");
    if (name != (*variables)[i].end() &&
        std::find(kOurs.begin(), kOurs.end(), *name) != kOurs.end())
      return base::fail(base::invalid(path + ".env[" + std::to_string(i) + "].name is " +
                                      base::dump(*name) +
                                      ", which the operator sets: leave it out"));
  }
  return {};
}

}  // namespace

Result<void> check_pod_template(const Json& pod_template, const std::string& path) {
  if (is_deeper_than(pod_template, kMaxDepth))
    return base::fail(base::invalid(path + " is nested more than " + std::to_string(kMaxDepth) +
                                    " deep; no pod is"));
  CRESSET_CHECK(check_objects(pod_template, {"metadata", "spec"}, path));
  if (const auto meta = pod_template.find("metadata"); meta != pod_template.end())
    CRESSET_CHECK(check_objects(*meta, {"labels", "annotations"}, path + ".metadata"));
  const auto spec = pod_template.find("spec");
  if (spec == pod_template.end()) return {};
  const std::string at = path + ".spec";
  CRESSET_CHECK(check_objects(*spec, {"nodeSelector", "securityContext"}, at));
  CRESSET_CHECK(check_lists(
      *spec, {"containers", "initContainers", "volumes", "tolerations", "imagePullSecrets"}, at));
  for (const char* list : {"containers", "initContainers"})
    CRESSET_CHECK(check_containers(*spec, list, at));
  return {};
}

Result<void> check_worker_template(const Json& pod_template, const std::string& path) {
  const Json* spec = base::find(pod_template, "/spec");
  if (spec == nullptr) return {};
  const std::string at = path + ".spec";
  if (const auto policy = spec->find("restartPolicy"); policy != spec->end() && *policy != "Never")
    return base::fail(base::invalid(at + ".restartPolicy is " + base::dump(*policy) +
                                    "; a worker that ends is replaced by another pod, so Never is "
                                    "allowed alone"));
  for (const char* field : {"hostname", "subdomain"})
    if (spec->contains(field))
      return base::fail(base::invalid(at + "." + field + " is " + base::dump((*spec)[field]) +
                                      "; the workers find each other by what the operator sets "
                                      "there: leave it out"));
  const auto containers = spec->find("containers");
  if (containers == spec->end()) return {};
  for (size_t i = 0; i < containers->size(); ++i)
    if ((*containers)[i].value("name", "") == worker_contract::kTrainContainer)
      CRESSET_CHECK(
          check_worker_container((*containers)[i], at + ".containers[" + std::to_string(i) + "]"));
  return {};
}

Result<void> check_template_size(const Json& pod_template, const std::string& path) {
  const size_t bytes = base::dump(pod_template).size();
  if (bytes <= kMaxTemplateBytes) return {};
  return base::fail(base::invalid(path + " has " + std::to_string(bytes) +
                                  " bytes as JSON; at most " + std::to_string(kMaxTemplateBytes) +
                                  " are allowed"));
}

}  // namespace cresset::crds
