#include "controllers/common/executor.h"

#include <algorithm>
#include <mutex>

#include "controllers/common/create_all.h"
#include "controllers/common/live.h"

namespace cresset::controllers {

using base::Json;
using base::Result;

namespace {

// Whether it was done: a hint may not be.
struct Carry {
  kube::Api& api;
  std::vector<runtime::EventNote>& refused;
  Result<bool> operator()(const Apply& change) const {
    Json object = change.object;
    object["metadata"]["uid"] = change.uid.value();  // refuses a namesake, and makes nothing
    CRESSET_CHECK(api.apply(change.resource, change.key, object, kube::kFieldManager));
    return true;
  }
  Result<bool> operator()(const Create&) const { return true; }
  Result<bool> operator()(const Patch& change) const {
    Json patch = change.patch;
    patch["metadata"]["uid"] = change.uid.value();  // refuses a namesake
    const auto done = api.merge_patch(change.resource, change.key, patch);
    if (done) return true;
    if (!change.hint) return base::fail(done.error());
    if (base::is_invalid(done.error()) || base::is_forbidden(done.error()))
      refused.push_back({runtime::EventType::kWarning, "ChangeRefused",
                         "Patch" + change.resource.kind,
                         change.resource.kind + " " + change.key.name +
                             " is not as it should be: " + done.error().message()});
    return false;
  }
  Result<bool> operator()(const Delete& change) const {
    auto gone = api.remove(change.resource, change.key,
                           {.uid = change.uid,
                            .resource_version = change.version,
                            .grace_seconds = change.grace_seconds});
    if (gone) return true;
    // The one that we meant is gone already; a namesake is not ours to delete.
    if (base::is_conflict(gone.error()) && !change.version) return true;
    return base::fail(gone.error());
  }
};

bool makes_or_deletes(const Plan& plan) {
  return std::any_of(plan.changes.begin(), plan.changes.end(), [](const Change& change) {
    return std::holds_alternative<Create>(change) || std::holds_alternative<Delete>(change);
  });
}

base::Error owner_is_gone(const std::string& why = "") {
  return base::conflict("the owner is gone" + why);
}

// Of a pod that is another one by now, which says nothing of the plan's other pods.
bool is_of_a_newer_pod(const Change& change, const base::Error& error) {
  const auto* gone = std::get_if<Delete>(&change);
  return gone != nullptr && gone->version && gone->resource == kube::kPods &&
         base::is_conflict(error);
}

bool deletes_pod(const Change& change) {
  const auto* gone = std::get_if<Delete>(&change);
  return gone != nullptr && gone->resource == kube::kPods;
}

// Creates in a row are made at once, as are deletes of pods; all else is done one by one.
size_t end_of_run(const std::vector<Change>& changes, size_t begin) {
  const bool creates = std::holds_alternative<Create>(changes[begin]);
  if (!creates && !deletes_pod(changes[begin])) return begin + 1;
  const auto goes_on = [&](const Change& change) {
    return creates ? std::holds_alternative<Create>(change) : deletes_pod(change);
  };
  const auto from = changes.begin() + static_cast<std::ptrdiff_t>(begin);
  return static_cast<size_t>(std::find_if_not(from, changes.end(), goes_on) - changes.begin());
}

bool is_of_owner(const Change& change, const kube::ObjectMeta& owner) {
  const auto* gone = std::get_if<Delete>(&change);
  return gone != nullptr && gone->uid == owner.uid;
}

Result<void> check_owner(kube::Api& api, const Owner& owner) {
  CRESSET_TRY(newest, find_live(api, owner.resource, owner.meta.key()));
  if (!newest) return base::fail(owner_is_gone());
  if (!is_as_seen(kube::decode_meta(*newest), owner.meta))
    return base::fail(base::conflict("the owner has changed; its new version is waited for"));
  return {};
}

}  // namespace

bool is_as_seen(const kube::ObjectMeta& now, const kube::ObjectMeta& seen) {
  return now.uid == seen.uid && now.generation == seen.generation && !now.deleted;
}

struct Executor::Done {
  std::vector<bool> changes;                // one for each of the plan's
  std::vector<runtime::EventNote> refused;  // of the hints
  bool status = false;
  bool outdated = false;
  Result<void> late;  // of a newer pod, told when all else is done
};

Result<void> Executor::apply_changes(const Plan& plan, const kube::Resource& resource,
                                     const kube::ObjectMeta& owner, Done& done) {
  for (size_t begin = 0; begin < plan.changes.size();) {
    const size_t end = end_of_run(plan.changes, begin);
    const bool creates = std::holds_alternative<Create>(plan.changes[begin]);
    CRESSET_CHECK(creates ? create(plan, begin, end, {resource, owner}, done)
                          : carry(plan, begin, end, owner, done));
    begin = end;
  }
  return done.late;
}

Result<void> Executor::create(const Plan& plan, size_t begin, size_t end, Owner owner, Done& done) {
  if (is_as_seen_) owner.is_as_seen = [&] { return is_as_seen_(owner.meta); };
  std::vector<const Create*> creates;
  for (size_t i = begin; i < end; ++i) creates.push_back(&std::get<Create>(plan.changes[i]));
  auto created = create_all(api_, creates, owner, helpers_);
  for (const bool made : created.done) done.changes[begin++] = made;
  return std::move(created.result);
}

Result<void> Executor::carry(const Plan& plan, size_t begin, size_t end,
                             const kube::ObjectMeta& owner, Done& done) {
  std::mutex mutex;
  const auto carry_one = [&](size_t place) -> Result<void> {
    const auto& change = plan.changes[begin + place];
    const auto carried = std::visit(Carry{api_, done.refused}, change);
    std::lock_guard lock(mutex);
    done.changes[begin + place] = carried.value_or(false);
    if (carried) return {};
    if (is_of_a_newer_pod(change, carried.error())) {
      if (done.late) done.late = base::fail(carried.error());
      return {};
    }
    done.outdated = is_of_owner(change, owner) && base::is_conflict(carried.error());
    return base::fail(carried.error());
  };
  return make_calls({.count = end - begin, .call = carry_one}, helpers_).result;
}

Result<void> Executor::write_status(const Json& status, const kube::Resource& resource,
                                    const kube::ObjectMeta& owner) {
  const Json object{{"apiVersion", resource.api_version()},
                    {"kind", resource.kind},
                    {"metadata",
                     {{"name", owner.name},
                      {"namespace", owner.ns},
                      {"uid", owner.uid.value()},
                      {"resourceVersion", owner.resource_version.value()}}},
                    {"status", status}};
  auto written = api_.apply(resource, owner.key(), object, kube::kFieldManager, "status");
  if (written) return {};
  if (!base::is_not_found(written.error())) return base::fail(written.error());
  return base::fail(owner_is_gone(": " + written.error().message()));
}

Result<void> Executor::carry_out(const Plan& plan, const kube::Resource& resource,
                                 const kube::ObjectMeta& owner, Done& done) {
  // A conflict says that the owner is not what was planned from.
  const auto of_owner = [&done](Result<void> result) {
    done.outdated = !result && base::is_conflict(result.error());
    return result;
  };
  if (plan.look_at_owner && makes_or_deletes(plan))
    CRESSET_CHECK(of_owner(check_owner(api_, {resource, owner})));
  if (plan.status && plan.status_first) {
    CRESSET_CHECK(of_owner(write_status(*plan.status, resource, owner)));
    done.status = true;
  }
  CRESSET_CHECK(apply_changes(plan, resource, owner, done));
  if (plan.status && !plan.status_first)
    CRESSET_CHECK(of_owner(write_status(*plan.status, resource, owner)));
  const runtime::ObjectReference about{resource.api_version(), resource.kind, owner.ns, owner.name,
                                       owner.uid};
  for (const auto& event : done.refused) events_.record(about, event);
  for (const auto& event : plan.events) events_.record(about, event);
  return {};
}

Applied Executor::apply(Plan plan, const kube::Resource& resource, const kube::ObjectMeta& owner) {
  Done done{.changes = std::vector<bool>(plan.changes.size())};
  auto result = carry_out(plan, resource, owner, done);
  Plan part;
  for (size_t i = 0; i < plan.changes.size(); ++i)
    if (done.changes[i]) part.changes.push_back(std::move(plan.changes[i]));
  if (result) {
    plan.changes = std::move(part.changes);
    return {std::move(result), std::move(plan), false};
  }
  if (done.status) part.status = std::move(plan.status);
  return {std::move(result), std::move(part), done.outdated};
}

}  // namespace cresset::controllers
