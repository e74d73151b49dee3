#pragma once
// A Plan is what one reconcile wants changed, as a value: ordered changes of children, the owner's
// new status if it differs, events, and when to look again. Made by the pure `plan` functions,
// printed by tests, carried out by the Executor and by nobody else. Three properties hold for every
// plan and are tested on generated states: planned over its own result it is empty; cut after any
// prefix and planned again it reaches the same end; it deletes nothing that its owner does not own.

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "operator/base/json.h"
#include "operator/kube/core/object.h"
#include "operator/kube/core/resource.h"
#include "operator/runtime/event_recorder.h"

namespace cresset::controllers {

// Server-side apply of `object` over a child that was seen to be ours. Only fields that we own. It
// never makes one, and a namesake of another uid is a conflict.
struct Apply {
  kube::Resource resource;
  kube::ObjectKey key;
  base::Uid uid;
  base::Json object;
};
// The only way in which anything is made, so that an object of somebody else is never taken over. A
// name that exists already is success only if it is owned by the same owner; the next pass sees it.
struct Create {
  kube::Resource resource;
  kube::ObjectKey key;
  base::Json object;
};
// Merge-patches a child that we own, e.g. an annotation.
struct Patch {
  kube::Resource resource;
  kube::ObjectKey key;
  base::Uid uid;
  base::Json patch;
  bool hint = false;      // that it fails stops nothing; that it is refused is told of the owner
  bool can_wait = false;  // it only puts back what somebody changed (mend_budget.h)
};
struct Delete {
  kube::Resource resource;
  kube::ObjectKey key;
  base::Uid uid;  // precondition
  std::optional<int> grace_seconds;
  // Where it is the object's state that says delete: of another version it is a conflict, and
  // planned anew.
  std::optional<base::ResourceVersion> version = {};
};
using Change = std::variant<Apply, Create, Patch, Delete>;

struct Plan {
  std::vector<Change> changes;
  std::optional<base::Json> status;  // the whole status; nothing = as it is
  bool status_can_wait = false;      // it says no more than how far the owner got
  // Written before the changes: for a decision (Failed) whose grounds the changes take away, so
  // that a plan that is cut in between is not decided otherwise.
  bool status_first = false;
  // The owner had a status, so what is made or deleted answers a change. Caches of different kinds
  // do not keep step: done only if the owner is still as it was seen (uid, generation, not going).
  bool look_at_owner = false;
  // Nothing could be planned without the text of a kept template, which caches do not hold.
  bool wants_template = false;
  std::vector<runtime::EventNote> events;
  std::optional<std::chrono::milliseconds> again_after;

  bool empty() const { return changes.empty() && !status && events.empty(); }
};

std::ostream& operator<<(std::ostream& out, const Change& change);
std::ostream& operator<<(std::ostream& out, const Plan& plan);

}  // namespace cresset::controllers
