#pragma once
// mend: what somebody changed in the spec of a child of ours (Service, NetworkPolicy), as the merge
// patch that puts it back. A field of the spec that we write is ours as a whole: a key that was
// added to a selector or a rule narrows or widens it, and goes. A field of the spec that we do not
// write is others' (the API server's defaults, sessionAffinity); in a NetworkPolicy there is none
// that counts, since policyTypes says which of its two lists of rules do. What the API server fills
// in (protocol and targetPort of a port) and empty lists are no change. A merge patch and no apply,
// since a port that was added to a Service would survive an apply. Pure; any thread.
//
//   Json patch = mend(child.spec, wanted);
//   if (!patch.is_null()) changes.push_back(Patch{resource, key, uid, {{"spec", patch}}});

#include <string>

#include "controllers/common/child.h"

namespace cresset::controllers {

// null when nothing is to be done.
base::Json mend(const base::Json& actual, const base::Json& wanted);

// As decode_child_meta, and with the spec where mend() finds something to do in it: of thousands of
// children that are as they were made nobody keeps what they say. `wanted` is the spec of the one
// that belongs to the owner of that name.
using SpecOf = base::Json (*)(const std::string& owner);
base::Result<Child> decode_child_to_mend(const kube::JsonView& object, SpecOf wanted);

}  // namespace cresset::controllers
