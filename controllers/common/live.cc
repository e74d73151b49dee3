#include "controllers/common/live.h"

namespace cresset::controllers {

base::Result<std::optional<base::Json>> find_live(kube::Api& api, const kube::Resource& resource,
                                                  const kube::ObjectKey& key) {
  CRESSET_TRY(found,
              api.list(resource, {.ns = key.ns, .field_selector = "metadata.name=" + key.name}));
  const kube::JsonView object = found.root().find("/items/0");
  if (!object) return std::nullopt;
  return object.json();
}

}  // namespace cresset::controllers
