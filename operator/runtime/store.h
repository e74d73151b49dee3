#pragma once
// Store<T>: the cache of one kind, filled by an Informer, read by everybody. Objects are immutable
// snapshots (shared_ptr<const T>); readers on any thread get a consistent one and keep it as long
// as they like. T must have `kube::ObjectMeta meta`. Indexes give the objects of a computed value,
// e.g. pods by the uid of their controller.
//
//   auto pods = store.by_index("owner", uid);

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
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
    return found == objects_.end() ? nullptr : *found;
  }
  std::vector<Ptr> list() const {
    std::lock_guard lock(mutex_);
    return {objects_.begin(), objects_.end()};
  }
  // Sorted by key.
  std::vector<Ptr> by_index(const std::string& name, const std::string& value) const {
    std::lock_guard lock(mutex_);
    const auto index = indexes_.find(name);
    if (index == indexes_.end()) return {};
    const auto entry = index->second.objects.find(value);
    return entry == index->second.objects.end() ? std::vector<Ptr>() : entry->second;
  }
  size_t size() const {
    std::lock_guard lock(mutex_);
    return objects_.size();
  }

  // For the informer. Returns what was there before.
  Ptr put(Ptr object) {
    std::lock_guard lock(mutex_);
    Ptr before = take(object->meta.key());
    for (auto& [name, index] : indexes_)
      for (const auto& value : index.of(*object)) {
        auto& objects = index.objects[value];
        const auto at = std::lower_bound(objects.begin(), objects.end(), object, ByKey());
        if (at == objects.end() || *at != object) objects.insert(at, object);
      }
    objects_.insert(std::move(object));
    return before;
  }
  Ptr erase(const kube::ObjectKey& key) {
    std::lock_guard lock(mutex_);
    return take(key);
  }
  // Those in namespace `ns`; "" gives all.
  std::vector<kube::ObjectKey> keys(const std::string& ns = "") const {
    std::lock_guard lock(mutex_);
    std::vector<kube::ObjectKey> found;
    for (auto at = objects_.lower_bound(kube::ObjectKey{ns, ""}); at != objects_.end(); ++at) {
      if (!ns.empty() && (*at)->meta.ns != ns) break;
      found.push_back((*at)->meta.key());
    }
    return found;
  }

 private:
  // The key is read where the object has it: ten thousand keys more would be a megabyte.
  struct ByKey {
    using is_transparent = void;
    using Key = std::pair<const std::string&, const std::string&>;
    static Key of(const Ptr& object) { return {object->meta.ns, object->meta.name}; }
    static Key of(const kube::ObjectKey& key) { return {key.ns, key.name}; }
    bool operator()(const auto& one, const auto& other) const { return of(one) < of(other); }
  };
  struct Index {
    IndexOf of;
    std::map<std::string, std::vector<Ptr>> objects;  // each sorted by key
  };

  // Out of objects and indexes; nullptr when it is not there.
  Ptr take(const kube::ObjectKey& key) {
    const auto found = objects_.find(key);
    if (found == objects_.end()) return nullptr;
    for (auto& [name, index] : indexes_)
      for (const auto& value : index.of(**found)) drop(index, value, *found);
    return std::move(objects_.extract(found).value());
  }
  // `of` may name a value twice.
  static void drop(Index& index, const std::string& value, const Ptr& object) {
    const auto entry = index.objects.find(value);
    if (entry == index.objects.end()) return;
    auto& objects = entry->second;
    const auto found = std::lower_bound(objects.begin(), objects.end(), object, ByKey());
    if (found != objects.end() && *found == object) objects.erase(found);
    if (objects.empty()) index.objects.erase(entry);
  }

  mutable std::mutex mutex_;
  std::set<Ptr, ByKey> objects_;
  std::map<std::string, Index> indexes_;
};

}  // namespace cresset::runtime
