#include "controllers/common/create_one.h"

#include "controllers/common/child.h"
#include "controllers/common/foreign.h"
#include "controllers/common/live.h"
#include "controllers/common/names.h"

namespace cresset::controllers {

using base::Json;
using base::Result;

namespace {

base::Error going(const Create& create) {
  return base::conflict(create.resource.kind + " " + create.key.to_string() +
                        " is going away; it is made anew once it is gone");
}

Result<void> keep_labels(kube::Api& api, const Create& create, const Json& holder) {
  const Json* wanted = base::find(create.object, "/metadata/labels");
  const Json* actual = base::find(holder, "/metadata/labels");
  if (wanted == nullptr || (actual != nullptr && covers(*actual, *wanted))) return {};
  const auto meta = kube::decode_meta(holder);
  if (meta.deleted) return base::fail(going(create));
  if (create.resource == kube::kPods) {
    CRESSET_CHECK(api.remove(create.resource, create.key, {.uid = meta.uid}));
    return base::fail(going(create));
  }
  const Json labels = {{"metadata", {{"uid", meta.uid.value()}, {"labels", *wanted}}}};
  CRESSET_CHECK(api.merge_patch(create.resource, create.key, labels));
  return {};
}

}  // namespace

Result<void> create_one(kube::Api& api, const Create& create, const Owner& owner) {
  auto made = api.make(create.resource, create.key.ns, create.object);
  if (made || !base::is_already_exists(made.error())) return made;
  CRESSET_TRY(holder, find_live(api, create.resource, create.key));
  if (!holder) return base::fail(going(create));
  if (is_owned_by(kube::decode_meta(*holder), owner.meta.uid))
    return keep_labels(api, create, *holder);
  return base::fail(held_by(*holder, create, owner.resource, owner.meta));
}

}  // namespace cresset::controllers
