#pragma once
// What to say when the name of a child is taken: by what, whose it is, and what to do. An object of
// somebody else is never changed, adopted or deleted. Pure; any thread.

#include <string>

#include "controllers/common/plan.h"
#include "operator/base/error.h"

namespace cresset::controllers {

// "Deployment web", "no owner; written with kubectl-create".
std::string holder_of(const base::Json& object);

// Why `create`, wanted for `owner`, cannot be: `object` has the name. kAlreadyExists, or kConflict
// when it is left of an earlier owner of the same name, which Kubernetes is about to collect.
base::Error held_by(const base::Json& object, const Create& create, const kube::Resource& resource,
                    const kube::ObjectMeta& owner);

}  // namespace cresset::controllers
