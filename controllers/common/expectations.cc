#include "controllers/common/expectations.h"

#include <algorithm>

#include "controllers/common/mend.h"
#include "controllers/common/names.h"

namespace cresset::controllers {

namespace {

// With nothing but its labels, and of a pod, whose name says which it is, without these.
Create bare(const Create& change) {
  const auto* labels = base::find(change.object, "/metadata/labels");
  if (change.resource == kube::kPods || labels == nullptr)
    return {change.resource, change.key, nullptr};
  return {change.resource, change.key, {{"metadata", {{"labels", *labels}}}}};
}

// Of those that a cache keeps.
bool has_labels_of(const base::Json& made, const kube::ObjectMeta& meta) {
  const auto* labels = base::find(made, "/metadata/labels");
  if (labels == nullptr) return true;
  for (const auto& [name, value] : labels->items()) {
    const auto found = meta.labels->find(name);
    if (is_read(name) && (found == meta.labels->end() || value != found->second.str()))
      return false;
  }
  return true;
}

struct Remember {
  std::vector<Change>& into;
  void operator()(const Create& change) const { into.emplace_back(bare(change)); }
  void operator()(const Delete& change) const { into.emplace_back(change); }
  void operator()(const Apply& change) const { into.emplace_back(change); }
  void operator()(const Patch& change) const { into.emplace_back(change); }
};

struct Shown {
  const Child* cached;
  const base::Uid& owner;
  bool operator()(const Create& change) const {
    return cached != nullptr && is_owned_by(cached->meta, owner) &&
           has_labels_of(change.object, cached->meta);
  }
  bool operator()(const Delete& change) const { return left(change.uid) || cached->meta.deleted; }
  bool operator()(const Apply& change) const { return holds(change.uid, change.object); }
  bool operator()(const Patch& change) const {
    return holds(change.uid, change.patch) && is_merged(change);
  }

  bool left(const base::Uid& uid) const { return cached == nullptr || cached->meta.uid != uid; }
  bool holds(const base::Uid& uid, const base::Json& wanted) const {
    const auto* spec = base::find(wanted, "/spec");
    return left(uid) || spec == nullptr || covers(cached->spec, *spec);
  }
  // Merged in once more it would change nothing: covers() lets keys through that a list's items
  // have beside those of the patch, which mend() takes away.
  bool is_merged(const Patch& change) const {
    const auto* spec = base::find(change.patch, "/spec");
    if (left(change.uid) || spec == nullptr) return true;
    base::Json merged = cached->spec;
    merged.merge_patch(*spec);
    return mend(cached->spec, merged).is_null();
  }
};

}  // namespace

bool shows(const Child* cached, const Change& change, const base::Uid& owner) {
  return std::visit(Shown{cached, owner}, change);
}

void Expectations::note(const kube::ObjectMeta& planned_from, const Plan& done, bool outdated) {
  if (done.changes.empty() && !done.status && !outdated) return;
  std::lock_guard lock(mutex_);
  Expected& expected = expected_[planned_from.key()];
  if (expected.owner != planned_from.uid) expected = {};
  expected.owner = planned_from.uid;
  expected.until = clock_.mono() + kPatience;
  expected.changes.reserve(expected.changes.size() + done.changes.size());
  for (const auto& change : done.changes) std::visit(Remember{expected.changes}, change);
  if (done.status || outdated) expected.outdated = planned_from.resource_version;
  tell_size();
}

std::optional<std::chrono::milliseconds> Expectations::wait_for(const kube::ObjectMeta& now,
                                                                const Shows& shows) {
  std::lock_guard lock(mutex_);
  const auto found = expected_.find(now.key());
  if (found == expected_.end()) return std::nullopt;
  const Expected& expected = found->second;
  const auto left = expected.until - clock_.mono();
  const bool seen = expected.outdated != now.resource_version &&
                    std::all_of(expected.changes.begin(), expected.changes.end(), shows);
  if (seen || left <= left.zero() || expected.owner != now.uid) {
    expected_.erase(found);
    tell_size();
    return std::nullopt;
  }
  return std::chrono::ceil<std::chrono::milliseconds>(left);
}

void Expectations::forget(const kube::ObjectKey& owner) {
  std::lock_guard lock(mutex_);
  expected_.erase(owner);
  tell_size();
}

void Expectations::tell_size() {
  if (awaited_ != nullptr) awaited_->set(static_cast<double>(expected_.size()));
}

size_t Expectations::size() const {
  std::lock_guard lock(mutex_);
  return expected_.size();
}

}  // namespace cresset::controllers
