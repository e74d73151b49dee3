#pragma once
// PodOptions: the fields about pods that both kinds have (TrainingJob's spec.workers,
// ModelService's spec): resources, where they run, under which account, from which image. What
// Kubernetes defines (resources, tolerations) is kept as it was written, since the API server has
// checked it. Pure values; errors name the field with its whole path.

#include <map>
#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"
#include "operator/base/shared.h"

namespace cresset::crds {

struct PodOptions {
  base::Json resources = base::Json::object();  // {requests, limits, claims}
  std::map<std::string, std::string> node_selector;
  base::Json tolerations = base::Json::array();
  std::string runtime_class;
  std::string image;  // "" = the operator's own worker image
  std::vector<std::string> image_pull_secrets;
  std::string service_account;  // "" = default
  std::string priority_class;
  bool operator==(const PodOptions&) const = default;

  // nvidia.com/gpu among the limits (or requests); 0 when none.
  int64_t gpus() const;
};
size_t hash_of(const PodOptions& options);

// Takes its keys out of `reader` and leaves the other keys, and finish(), to the caller.
void read_pod_options(base::Reader& reader, PodOptions& into);
// Adds the keys that differ from the default to `object`, so that a field which a later release
// adds does not change what older objects encode to.
void write_pod_options(const PodOptions& options, base::Json& object);

}  // namespace cresset::crds
