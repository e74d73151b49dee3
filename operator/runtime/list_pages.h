#pragma once
// Lists all objects of a kind page by page and tells each as it comes, so that no more than a page
// is held. Also what a list and a watch have in common: whether something is an object of the kind.
// Blocks; the reflector's thread.

#include <string>

#include "operator/runtime/reflector.h"

namespace cresset::runtime {

// Not older than `version`; the newest if empty. Gives the version of what was told.
base::Result<std::string> list_pages(kube::Api& api, const InformerOptions& options,
                                     const std::string& version,
                                     const ListWatchCallbacks& callbacks);

// False for what is no object of the kind (a Table, a Status). The items of a list name none.
bool is_of(const kube::JsonView& object, const kube::Resource& resource);

}  // namespace cresset::runtime
