#pragma once
// FairQueue: the order in which keys that are due are given to workers. A higher priority goes
// first; within a priority the namespaces take turns, so that one with ten thousand keys does not
// hold back another's only one; within a namespace it is first come, first served. A lower priority
// is not starved: once it was passed over kPatience times it goes next. Pure; the caller locks.
//
//   FairQueue queue;  queue.push(key, Priority::kFresh, clock.mono());  auto next = queue.pop();

#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "operator/base/clock.h"
#include "operator/kube/core/object.h"
#include "operator/runtime/priority.h"

namespace cresset::runtime {

class FairQueue {
 public:
  static constexpr int kPatience = 8;

  struct Waiting {
    kube::ObjectKey key;
    Priority priority = Priority::kFresh;
    base::MonoTime since;
  };

  // A key that waits already is raised if `priority` is higher (then the last of its namespace
  // there, waiting since the first time); else nothing changes.
  void push(const kube::ObjectKey& key, Priority priority, base::MonoTime since);
  std::optional<Waiting> pop();
  size_t size() const { return places_.size(); }
  size_t size(Priority priority) const;

 private:
  using Keys = std::list<const kube::ObjectKey*>;  // into places_
  struct Tenant {
    std::string ns;
    Keys keys;
  };
  struct Level {
    std::list<Tenant> turns;
    std::map<std::string, std::list<Tenant>::iterator> tenants;
    size_t keys = 0;
    int passed_over = 0;
  };
  struct Place {
    Priority priority;
    base::MonoTime since;
    Keys::iterator position;
  };
  using Places = std::map<kube::ObjectKey, Place>;

  void link(Places::iterator place);
  void unlink(Places::iterator place);
  Level* next_level();

  std::map<Priority, Level, std::greater<>> levels_;
  Places places_;
};

}  // namespace cresset::runtime
