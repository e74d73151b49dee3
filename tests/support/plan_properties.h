#pragma once
// The three properties that hold for every plan (ARCHITECTURE, "Reconcile"), as functions that
// answer with what is wrong, "" when nothing is. A Subject is one generated state: how to make it,
// as often as wanted and always the same, and how to plan in it.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/support/plan_world.h"

namespace cresset::testing {

struct Subject {
  kube::Resource resource;
  kube::ObjectKey owner;
  std::function<std::unique_ptr<PlanWorld>()> make;
  // Nothing when the owner is gone.
  std::function<std::optional<controllers::Plan>(PlanWorld& world)> plan;
  // What the cluster does between two looks: pods start, deleted ones go.
  std::function<void(PlanWorld& world)> live;
};

std::string empty_over_its_own_result(const Subject& subject);
std::string ends_the_same_wherever_it_is_cut(const Subject& subject);
// Also where somebody else holds the names that it wants; and nothing outside its namespace.
std::string touches_only_what_it_owns(const Subject& subject);
// All three, the first that fails.
std::string broken_property(const Subject& subject);

}  // namespace cresset::testing
