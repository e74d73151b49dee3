#include <algorithm>
#include <chrono>

#include "tests/support/fake_api.h"
#include "tests/support/fake_objects.h"

namespace cresset::testing {

using base::Json;
using base::Result;
using kube::ObjectKey;
using kube::Resource;
using kube::WatchEventType;

namespace {

bool selected(const Json& object, const kube::WatchOptions& options) {
  return object.is_object() &&
         (options.ns.empty() || base::text_at(object, "/metadata/namespace") == options.ns) &&
         matches_labels(object, options.label_selector) &&
         matches_fields(object, options.field_selector);
}

// What a watch with these selectors hears of a change; nothing when it concerns others.
std::optional<WatchEventType> heard_as(WatchEventType type, const Json& before, const Json& after,
                                       const kube::WatchOptions& options) {
  const bool was = selected(before, options);
  const bool is = type != WatchEventType::kDeleted && selected(after, options);
  if (was && is) return WatchEventType::kModified;
  if (is) return WatchEventType::kAdded;
  if (was) return WatchEventType::kDeleted;
  return std::nullopt;
}

}  // namespace

// All that there is and the bookmark at its end.
std::vector<std::pair<WatchEventType, Json>> FakeApi::initial_events(
    const Resource& resource, const kube::WatchOptions& options) const {
  std::vector<std::pair<WatchEventType, Json>> told;
  for (const auto& [key, object] : objects_)
    if (key.first == id_of(resource) && selected(object, options))
      told.emplace_back(WatchEventType::kAdded, object);
  const Json meta = {{"resourceVersion", std::to_string(version_)},
                     {"annotations", {{"k8s.io/initial-events-end", "true"}}}};
  told.emplace_back(WatchEventType::kBookmark, Json{{"kind", resource.kind}, {"metadata", meta}});
  return told;
}

Result<void> FakeApi::watch(const Resource& resource, const kube::WatchOptions& options,
                            std::stop_token stop,
                            const std::function<void(kube::WatchEvent)>& on_event) {
  if (auto error = begin({"watch", resource, {options.ns, ""}})) return base::fail(*error);
  std::unique_lock lock(mutex_);
  const std::string& from = options.resource_version;
  int64_t seen = from.empty() || from == "0" ? 0 : std::stoll(from);
  const int epoch = epoch_;
  std::vector<std::pair<WatchEventType, Json>> initial;
  if (options.initial_events) {
    initial = initial_events(resource, options);
    seen = version_;
  }
  if (seen < oldest_) return base::fail(base::gone("too old resource version: " + from));
  ++watching_;
  changed_.notify_all();
  lock.unlock();
  if (options.on_open) options.on_open();
  for (const auto& [type, object] : initial) on_event({.type = type, .object = object});
  lock.lock();
  size_t next = 0;
  while (epoch == epoch_ && !stop.stop_requested()) {
    for (; next < events_.size(); ++next) {
      const Event event = events_[next];
      if (event.version <= seen || event.resource != id_of(resource)) continue;
      const auto type = heard_as(event.type, event.before, event.object, options);
      if (!type) continue;
      lock.unlock();
      on_event({.type = *type, .object = event.object});
      lock.lock();
    }
    changed_.wait(lock, stop, [&] { return next < events_.size() || epoch != epoch_; });
  }
  --watching_;
  changed_.notify_all();
  if (stop.stop_requested()) return base::fail(base::cancelled("told to stop"));
  return {};
}

Json FakeApi::seed(const Resource& resource, Json object) {
  std::lock_guard lock(mutex_);
  return insert(resource, std::move(object));
}

void FakeApi::set_status(const Resource& resource, const ObjectKey& key, Json status) {
  std::lock_guard lock(mutex_);
  const auto before = lookup(resource, key);
  if (!before) return;
  Json after = *before;
  after["status"] = std::move(status);
  update(resource, *before, std::move(after));
}

void FakeApi::erase(const Resource& resource, const ObjectKey& key) {
  std::lock_guard lock(mutex_);
  if (const auto before = lookup(resource, key)) drop(resource, *before);
}

std::optional<Json> FakeApi::find(const Resource& resource, const ObjectKey& key) const {
  std::lock_guard lock(mutex_);
  const auto found = lookup(resource, key);
  if (!found) return std::nullopt;
  return *found;
}

std::vector<Json> FakeApi::all(const Resource& resource) const {
  std::lock_guard lock(mutex_);
  std::vector<Json> found;
  for (const auto& [key, object] : objects_)
    if (key.first == id_of(resource)) found.push_back(object);
  return found;
}

std::vector<FakeApi::Call> FakeApi::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}

std::vector<FakeApi::Call> FakeApi::calls(const std::string& verb) const {
  std::vector<Call> found;
  for (auto& call : calls())
    if (call.verb == verb) found.push_back(std::move(call));
  return found;
}

std::vector<FakeApi::Call> FakeApi::writes() const {
  static const std::vector<std::string> kWriting = {"create", "apply", "merge_patch", "replace",
                                                    "remove"};
  std::vector<Call> found;
  for (auto& call : calls())
    if (std::find(kWriting.begin(), kWriting.end(), call.verb) != kWriting.end())
      found.push_back(std::move(call));
  return found;
}

std::vector<FakeApi::Call> FakeApi::writes_but_events() const {
  auto found = writes();
  std::erase_if(found, [](const Call& call) { return call.resource == kube::kEvents; });
  return found;
}

void FakeApi::forget_calls() {
  std::lock_guard lock(mutex_);
  calls_.clear();
}

void FakeApi::set_fault(Fault fault) {
  std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

void FakeApi::end_watches() {
  std::lock_guard lock(mutex_);
  ++epoch_;
  changed_.notify_all();
}

void FakeApi::compact() {
  std::lock_guard lock(mutex_);
  oldest_ = ++version_;
}

std::string FakeApi::version() const {
  std::lock_guard lock(mutex_);
  return std::to_string(version_);
}

int FakeApi::watching() const {
  std::lock_guard lock(mutex_);
  return watching_;
}

bool FakeApi::wait_for(const std::function<bool()>& ready) const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!ready()) {
    std::unique_lock lock(mutex_);
    if (std::chrono::steady_clock::now() > end) return false;
    changed_.wait_for(lock, std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace cresset::testing
