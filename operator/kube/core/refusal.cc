#include "operator/kube/core/refusal.h"

namespace cresset::kube {

std::string refusal_text(const Resource& resource, const base::Error& error) {
  // Core's kinds are always there: of these an object, not the kind, is what was not found.
  if (!base::is_not_found(error) || resource.group.empty()) return error.message();
  return "the server knows no " + resource.plural + " in " + resource.api_version() +
         "; is its CRD installed? (" + error.message() + ")";
}

}  // namespace cresset::kube
