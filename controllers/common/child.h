#pragma once
// Child: a small object of ours (Service, NetworkPolicy, Deployment) as a cache keeps it, whose it
// is, and the question whether it shows what was written. Values; any thread.
//
//   Informer<Child> services(api, ..., decode_child, ...);
//   auto service = own_child(services.store(), {job.ns, service_name(job)}, job.uid);

#include <memory>
#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"
#include "operator/kube/core/object.h"
#include "operator/runtime/store.h"

namespace cresset::controllers {

struct Child {
  kube::ObjectMeta meta;
  base::Json spec;    // null where it is not kept
  base::Json status;  // likewise
};
// None of them refuses anything.
base::Result<Child> decode_child(const kube::JsonView& object);
// As decode_child, without the pod template, which nobody reads again.
base::Result<Child> decode_deployment_child(const kube::JsonView& object);
// The metadata alone, and of that what is read, for thousands of children of which nothing else is
// asked.
base::Result<Child> decode_child_meta(const kube::JsonView& object);

// The index of children and pods by their controller: its uid, in the child's own namespace. Nobody
// owns anything in another one, but the API server takes an owner reference that says so, from
// whoever may make pods there.
inline constexpr char kByOwner[] = "owner";
std::vector<std::string> owner_of(const kube::ObjectMeta& child);
std::string owner_value(const std::string& ns, const base::Uid& owner);
// What an index that is made so holds of `owner`.
template <typename T>
std::vector<std::shared_ptr<const T>> owned_by(const runtime::Store<T>& store,
                                               const std::string& ns, const base::Uid& owner) {
  return store.by_index(kByOwner, owner_value(ns, owner));
}

// The child of that name, if it is owned by `owner`; nullptr otherwise.
std::shared_ptr<const Child> own_child(const runtime::Store<Child>& store,
                                       const kube::ObjectKey& key, const base::Uid& owner);

// Whether `actual` holds all that `wanted` says: objects may have more keys (the API server's
// defaults), lists must have the same length; a null says, as in a merge patch, that a key is not
// there. Enough to see that a write has taken effect; whether a child is as it should be, where a
// key too many matters, mend() says (mend.h).
bool covers(const base::Json& actual, const base::Json& wanted);

}  // namespace cresset::controllers
