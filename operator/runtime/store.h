#pragma once
// Store<T>: the cache of one kind, filled by an Informer, read by everybody. Objects are immutable
// snapshots (shared_ptr<const T>); readers on any thread get a consistent one and keep it as long
// as they like. T must have `kube::ObjectMeta meta`. Indexes give the keys by a computed value,
// e.g. pods by the uid of their controller.
//
//   auto pods = store.by_index("owner", uid);

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "operator/kube/core/object.h"

namespace cresset::runtime {

template <typename T>
class Store {
 public:
  using Ptr = std::shared_ptr<const T>;
  using IndexOf = std::function<std::vector<std::string>(const T&)>;

  // Before the informer starts.
  void add_index(const std::string& name, IndexOf index_of) {
    std::lock_guard lock(mutex_);
    indexes_[name].of = std::move(index_of);
  }

  Ptr get(const kube::ObjectKey& key) const {
    std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    return found == objects_.end() ? nullptr : found->second;
  }
  std::vector<Ptr> list() const {
    std::lock_guard lock(mutex_);
    std::vector<Ptr> all;
    all.reserve(objects_.size());
    for (const auto& [key, object] : objects_) all.push_back(object);
    return all;
  }
  std::vector<Ptr> by_index(const std::string& name, const std::string& value) const {
    std::lock_guard lock(mutex_);
    std::vector<Ptr> found;
    const auto index = indexes_.find(name);
    if (index == indexes_.end()) return found;
    const auto keys = index->second.keys.find(value);
    if (keys == index->second.keys.end()) return found;
    for (const auto& key : keys->second) found.push_back(objects_.at(key));
    return found;
  }
  size_t size() const {
    std::lock_guard lock(mutex_);
    return objects_.size();
  }

  // For the informer. Returns what was there before.
  Ptr put(Ptr object) {
    std::lock_guard lock(mutex_);
    const auto key = object->meta.key();
    Ptr before = unlink(key);
    for (auto& [name, index] : indexes_)
      for (const auto& value : index.of(*object)) index.keys[value].insert(key);
    objects_[key] = std::move(object);
    return before;
  }
  Ptr erase(const kube::ObjectKey& key) {
    std::lock_guard lock(mutex_);
    Ptr before = unlink(key);
    objects_.erase(key);
    return before;
  }
  // Those in namespace `ns`; "" gives all.
  std::vector<kube::ObjectKey> keys(const std::string& ns = "") const {
    std::lock_guard lock(mutex_);
    std::vector<kube::ObjectKey> found;
    for (auto at = objects_.lower_bound({ns, ""}); at != objects_.end(); ++at) {
      if (!ns.empty() && at->first.ns != ns) break;
      found.push_back(at->first);
    }
    return found;
  }

 private:
  struct Index {
    IndexOf of;
    std::map<std::string, std::set<kube::ObjectKey>> keys;
  };

  Ptr unlink(const kube::ObjectKey& key) {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return nullptr;
    for (auto& [name, index] : indexes_)
      for (const auto& value : index.of(*found->second)) {
        auto& keys = index.keys[value];
        keys.erase(key);
        if (keys.empty()) index.keys.erase(value);
      }
    return found->second;
  }

  mutable std::mutex mutex_;
  std::map<kube::ObjectKey, Ptr> objects_;
  std::map<std::string, Index> indexes_;
};

}  // namespace cresset::runtime
