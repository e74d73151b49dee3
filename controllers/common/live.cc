#include "controllers/common/live.h"

namespace cresset::controllers {

base::Result<std::optional<base::Json>> find_live(kube::Api& api, const kube::Resource& resource,
                                                  const kube::ObjectKey& key) {
  CRESSET_TRY(found,
              api.list(resource, {.ns = key.ns, .field_selector = "metadata.name=" + key.name}));
  const base::Json* object = base::find(found, "/items/0");
  if (object == nullptr) return std::nullopt;
  return *object;
}

}  // namespace cresset::controllers
