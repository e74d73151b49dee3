#pragma once
// What there is now of one name, asked of the API server: for what caches do not keep, and where a
// cache may lag. By list, since the operator may list but not get what it makes. I/O; any thread.

#include <optional>

#include "operator/kube/client/client.h"

namespace cresset::controllers {

base::Result<std::optional<base::Json>> find_live(kube::Api& api, const kube::Resource& resource,
                                                  const kube::ObjectKey& key);

}  // namespace cresset::controllers
