#include "tests/support/plan_properties.h"

#include <sstream>

namespace cresset::testing {

namespace {

constexpr int kMostPasses = 6;

std::string printed(const controllers::Plan& plan) {
  std::ostringstream out;
  out << plan;
  return out.str();
}

// The first change that is not in `ns`, by its key or in what it holds.
std::string outside_of(const std::string& ns, const controllers::Plan& plan) {
  for (const auto& change : plan.changes) {
    const base::Json* object = nullptr;
    if (const auto* made = std::get_if<controllers::Create>(&change)) object = &made->object;
    if (const auto* applied = std::get_if<controllers::Apply>(&change)) object = &applied->object;
    const auto key_ns = std::visit([](const auto& one) { return one.key.ns; }, change);
    if (key_ns != ns ||
        (object != nullptr && base::text_at(*object, "/metadata/namespace") != ns)) {
      std::ostringstream out;
      out << change;
      return out.str();
    }
  }
  return "";
}

// Plans and carries out until nothing is left to do; false when it never ends.
bool finish(const Subject& subject, PlanWorld& world) {
  for (int pass = 0; pass < kMostPasses; ++pass) {
    const auto plan = subject.plan(world);
    if (!plan || steps_of(*plan) == 0) return true;
    world.carry_out(*plan, subject.resource, subject.owner);
  }
  return false;
}

// To the end of what can be done now, then once more after the cluster has moved.
std::string end_of(const Subject& subject, PlanWorld& world) {
  if (!finish(subject, world)) return "never comes to rest";
  std::string end = world.snapshot();
  subject.live(world);
  if (!finish(subject, world)) return "never comes to rest once the cluster has moved";
  return end + "--- and then ---\n" + world.snapshot();
}

}  // namespace

std::string empty_over_its_own_result(const Subject& subject) {
  const auto world = subject.make();
  const auto first = subject.plan(*world);
  if (!first) return "";
  world->carry_out(*first, subject.resource, subject.owner);
  if (!world->refusals().empty()) return "refused: " + world->refusals().front();
  const auto second = subject.plan(*world);
  if (!second || second->empty()) return "";
  return "planned over its own result there is still to do:\n" + printed(*second) + "\nafter\n" +
         printed(*first);
}

std::string ends_the_same_wherever_it_is_cut(const Subject& subject) {
  const auto whole = subject.make();
  const auto plan = subject.plan(*whole);
  if (!plan) return "";
  const std::string wanted = end_of(subject, *whole);
  for (size_t steps = 0; steps < steps_of(*plan); ++steps) {
    const auto world = subject.make();
    world->carry_out(*subject.plan(*world), subject.resource, subject.owner, steps);
    if (const std::string found = end_of(subject, *world); found != wanted)
      return "cut after " + std::to_string(steps) + " steps it ends as\n" + found +
             "\ninstead of\n" + wanted + "\nthe plan was\n" + printed(*plan);
  }
  return "";
}

std::string touches_only_what_it_owns(const Subject& subject) {
  const auto world = subject.make();
  const auto owner = kube::decode_meta(*world->api().find(subject.resource, subject.owner)).uid;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    const auto plan = subject.plan(*world);
    if (!plan) return "";
    if (auto outside = outside_of(subject.owner.ns, *plan); !outside.empty())
      return "reaches out of its namespace: " + outside;
    const auto before = world->others(owner);
    world->carry_out(*plan, subject.resource, subject.owner);
    if (const auto after = world->others(owner); after != before)
      return "touches what it does not own: " + printed(*plan) + "\nbefore\n" + before +
             "\nafter\n" + after;
    subject.live(*world);
  }
  return "";
}

std::string broken_property(const Subject& subject) {
  for (const auto& property :
       {empty_over_its_own_result, ends_the_same_wherever_it_is_cut, touches_only_what_it_owns})
    if (auto wrong = property(subject); !wrong.empty()) return wrong;
  return "";
}

}  // namespace cresset::testing
