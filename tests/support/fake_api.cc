#include "tests/support/fake_api.h"

#include <algorithm>
#include <chrono>

#include "tests/support/fake_objects.h"

namespace cresset::testing {

using base::Json;
using base::Result;
using kube::ObjectKey;
using kube::Resource;

namespace {

std::string text_of(const Resource& resource, const ObjectKey& key) {
  return resource.plural + " \"" + key.to_string() + "\"";
}

Json only_status(const Json& object) {
  Json part = Json::object();
  if (object.contains("status")) part["status"] = object["status"];
  return part;
}

Json without_status(Json object) {
  object.erase("status");
  return object;
}

Json part_for(const Json& object, const std::string& subresource) {
  return subresource == "status" ? only_status(object) : without_status(object);
}

Json without_meta_and_status(Json object) {
  object.erase("metadata");
  object.erase("status");
  return object;
}

// Items of a list carry neither; the list does.
Json without_type(Json object) {
  object.erase("kind");
  object.erase("apiVersion");
  return object;
}

}  // namespace

std::optional<base::Error> FakeApi::begin(Call call) {
  Fault fault;
  {
    std::lock_guard lock(mutex_);
    fault = fault_;
    calls_.push_back(call);
    changed_.notify_all();
  }
  return fault ? fault(call) : std::nullopt;
}

Result<Json> FakeApi::lookup(const Resource& resource, const ObjectKey& key) const {
  const auto found = objects_.find({id_of(resource), key});
  if (found == objects_.end())
    return base::fail(base::not_found(text_of(resource, key) + " not found"));
  return found->second;
}

void FakeApi::tell(const Resource& resource, kube::WatchEventType type, Json before, Json object) {
  events_.push_back({version_, id_of(resource), type, std::move(before), std::move(object)});
  changed_.notify_all();
}

Json FakeApi::insert(const Resource& resource, Json object) {
  object["apiVersion"] = resource.api_version();
  object["kind"] = resource.kind;
  Json& meta = object["metadata"];
  if (!meta.contains("uid")) meta["uid"] = "uid-" + std::to_string(++uids_);
  meta["creationTimestamp"] = "2026-01-01T00:00:00Z";
  meta["generation"] = 1;
  meta["resourceVersion"] = std::to_string(++version_);
  if (resource == kube::kPods && !object.contains("status"))
    object["status"] = {{"phase", "Pending"}};
  const ObjectKey key = kube::decode_meta(object).key();
  objects_[{id_of(resource), key}] = object;
  resources_[id_of(resource)] = resource;
  tell(resource, kube::WatchEventType::kAdded, nullptr, object);
  return object;
}

Json FakeApi::update(const Resource& resource, const Json& before, Json after) {
  after["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"];
  if (after == before) return before;
  if (without_meta_and_status(after) != without_meta_and_status(before))
    after["metadata"]["generation"] = base::number_at(before, "/metadata/generation") + 1;
  after["metadata"]["resourceVersion"] = std::to_string(++version_);
  objects_[{id_of(resource), kube::decode_meta(after).key()}] = after;
  tell(resource, kube::WatchEventType::kModified, before, after);
  const auto meta = kube::decode_meta(after);
  if (meta.deleted && !has_finalizers(after)) drop(resource, after);
  return after;
}

void FakeApi::drop(const Resource& resource, const Json& object) {
  Json last = object;
  last["metadata"]["resourceVersion"] = std::to_string(++version_);
  objects_.erase({id_of(resource), kube::decode_meta(object).key()});
  tell(resource, kube::WatchEventType::kDeleted, object, last);
  collect_children(base::text_at(object, "/metadata/uid"));
}

void FakeApi::collect_children(const std::string& owner_uid) {
  std::vector<std::pair<Resource, Json>> orphans;
  for (const auto& [key, object] : objects_) {
    const auto owners = kube::decode_meta(object).owners;
    for (const auto& owner : *owners)
      if (owner.uid.value() == owner_uid) orphans.emplace_back(resources_.at(key.first), object);
  }
  for (const auto& [resource, object] : orphans) drop(resource, object);
}

Result<Json> FakeApi::get(const Resource& resource, const ObjectKey& key) {
  if (auto error = begin({"get", resource, key})) return base::fail(*error);
  std::lock_guard lock(mutex_);
  return lookup(resource, key);
}

Result<kube::Document> FakeApi::list(const Resource& resource, const kube::ListOptions& options) {
  if (auto error = begin({"list", resource, {options.ns, ""}})) return base::fail(*error);
  std::lock_guard lock(mutex_);
  std::string version = std::to_string(version_);
  size_t first = 0;
  if (!options.continue_token.empty()) {
    version = options.continue_token.substr(0, options.continue_token.find(':'));
    first = std::stoul(options.continue_token.substr(version.size() + 1));
    if (std::stoll(version) < oldest_) return base::fail(base::gone("the token is too old"));
  }
  std::vector<Json> items;
  for (const auto& [key, object] : objects_)
    if (key.first == id_of(resource) && (options.ns.empty() || key.second.ns == options.ns) &&
        matches_labels(object, options.label_selector) &&
        matches_fields(object, options.field_selector))
      items.push_back(object);
  Json page = {{"metadata", {{"resourceVersion", version}}}, {"items", Json::array()}};
  const size_t end =
      options.limit > 0 ? std::min(items.size(), first + options.limit) : items.size();
  for (size_t i = first; i < end; ++i) page["items"].push_back(without_type(items[i]));
  if (end < items.size()) page["metadata"]["continue"] = version + ":" + std::to_string(end);
  return page;
}

Result<Json> FakeApi::create(const Resource& resource, const std::string& ns, const Json& object) {
  const ObjectKey key{ns, base::text_at(object, "/metadata/name")};
  if (auto error = begin({"create", resource, key})) return base::fail(*error);
  std::lock_guard lock(mutex_);
  if (lookup(resource, key))
    return base::fail(base::already_exists(text_of(resource, key) + " already exists"));
  Json made = without_status(object);
  made["metadata"]["namespace"] = ns;
  return insert(resource, std::move(made));
}

Result<void> FakeApi::apply(const Resource& resource, const ObjectKey& key, const Json& object,
                            const std::string& manager, const std::string& subresource) {
  if (auto error = begin({"apply", resource, key, subresource})) return base::fail(*error);
  std::lock_guard lock(mutex_);
  Json intent = part_for(object, subresource);
  const std::string id =
      id_of(resource) + "/" + key.to_string() + "/" + manager + "/" + subresource;
  const auto before = lookup(resource, key);
  const std::string wanted_uid = base::text_at(object, "/metadata/uid");
  if (before && !wanted_uid.empty() && wanted_uid != base::text_at(*before, "/metadata/uid"))
    return base::fail(base::conflict(text_of(resource, key) + " has another uid"));
  const std::string wanted_version = base::text_at(object, "/metadata/resourceVersion");
  if (before && !wanted_version.empty() &&
      wanted_version != base::text_at(*before, "/metadata/resourceVersion"))
    return base::fail(base::conflict(text_of(resource, key) + " has been modified"));
  if (!before) {
    if (!subresource.empty()) return base::fail(before.error());
    if (!wanted_uid.empty())
      return base::fail(base::conflict(text_of(resource, key) + " of that uid does not exist"));
    applied_[id] = intent;
    intent["metadata"]["name"] = key.name;
    intent["metadata"]["namespace"] = key.ns;
    insert(resource, std::move(intent));
    return {};
  }
  Json after = *before;
  remove_given_up(after, applied_[id], intent);
  applied_[id] = intent;
  after.merge_patch(intent);
  update(resource, *before, std::move(after));
  return {};
}

Result<Json> FakeApi::merge_patch(const Resource& resource, const ObjectKey& key, const Json& patch,
                                  const std::string& subresource) {
  if (auto error = begin({"merge_patch", resource, key, subresource})) return base::fail(*error);
  std::lock_guard lock(mutex_);
  const auto before = lookup(resource, key);
  if (!before) return before;
  const std::string uid = base::text_at(patch, "/metadata/uid");
  if (!uid.empty() && uid != base::text_at(*before, "/metadata/uid"))
    return base::fail(base::conflict(text_of(resource, key) + " has another uid"));
  const std::string wanted = base::text_at(patch, "/metadata/resourceVersion");
  if (!wanted.empty() && wanted != base::text_at(*before, "/metadata/resourceVersion"))
    return base::fail(base::conflict(text_of(resource, key) + " has been modified"));
  Json after = *before;
  after.merge_patch(part_for(patch, subresource));
  return update(resource, *before, std::move(after));
}

Result<Json> FakeApi::replace(const Resource& resource, const ObjectKey& key, const Json& object) {
  if (auto error = begin({"replace", resource, key})) return base::fail(*error);
  std::lock_guard lock(mutex_);
  const auto before = lookup(resource, key);
  if (!before) return before;
  const std::string wanted = base::text_at(object, "/metadata/resourceVersion");
  if (!wanted.empty() && wanted != base::text_at(*before, "/metadata/resourceVersion"))
    return base::fail(base::conflict(text_of(resource, key) + " has been modified"));
  Json after = without_status(object);
  if (before->contains("status")) after["status"] = (*before)["status"];
  after["metadata"]["uid"] = (*before)["metadata"]["uid"];
  after["metadata"]["creationTimestamp"] = (*before)["metadata"]["creationTimestamp"];
  after["metadata"]["generation"] = (*before)["metadata"]["generation"];
  return update(resource, *before, std::move(after));
}

Result<void> FakeApi::remove(const Resource& resource, const ObjectKey& key,
                             const kube::DeleteOptions& options) {
  if (auto error = begin({"remove", resource, key})) return base::fail(*error);
  std::lock_guard lock(mutex_);
  const auto before = lookup(resource, key);
  if (!before) return {};
  const auto meta = kube::decode_meta(*before);
  if (options.uid && *options.uid != meta.uid)
    return base::fail(base::conflict(text_of(resource, key) + " has another uid"));
  if (options.resource_version && *options.resource_version != meta.resource_version)
    return base::fail(base::conflict(text_of(resource, key) + " has been modified"));
  if (!has_finalizers(*before)) {
    drop(resource, *before);
  } else {
    Json after = *before;
    after["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
    update(resource, *before, std::move(after));
  }
  return {};
}

}  // namespace cresset::testing
