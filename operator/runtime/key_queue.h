#pragma once
// KeyQueue: what a WorkQueue knows of its keys, without its threads. A key is asked for (due now or
// later), then worked on, then done. It is never worked on twice at once: asked for meanwhile, it
// comes again after done(). Of several askings the highest priority and the earliest time win (as
// in controller-runtime's priority queue). Times are given; pure; the caller locks.
//
//   KeyQueue keys;  keys.add(key, Priority::kFresh, now);  auto next = keys.take(now);

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "operator/runtime/fair_queue.h"

namespace cresset::runtime {

class KeyQueue {
 public:
  struct Work {
    Priority priority = Priority::kFresh;
    base::MonoTime since;
  };

  // Due at once, or at `due`.
  void add(const kube::ObjectKey& key, Priority priority, base::MonoTime now,
           std::optional<base::MonoTime> due = std::nullopt);
  // Moves what has become due to the others that wait.
  void advance(base::MonoTime now);
  std::optional<FairQueue::Waiting> take(base::MonoTime now);
  // What was worked on; nothing when `key` was not.
  std::optional<Work> done(const kube::ObjectKey& key);
  std::optional<Work> working_on(const kube::ObjectKey& key) const;
  const std::map<kube::ObjectKey, Work>& working() const { return working_; }

  bool is_asked_for(const kube::ObjectKey& key) const { return asked_.contains(key); }
  // Those that are due and wait for a worker.
  const FairQueue& ready() const { return ready_; }
  // The time of the first that is not due; max() when there is none.
  base::MonoTime next_due() const;
  // How often a key became due, ever.
  uint64_t became_due() const { return became_due_; }
  // Everything held about keys.
  size_t remembered() const { return asked_.size() + working_.size(); }

 private:
  struct Asked {
    Priority priority;
    std::optional<base::MonoTime> due;  // nothing: now
    base::MonoTime since;               // it became due
  };
  void place(const kube::ObjectKey& key, const Asked& asked);

  // A key in asked_ is in working_ (held back until it is done), in later_ or in ready_.
  std::map<kube::ObjectKey, Asked> asked_;
  std::map<kube::ObjectKey, Work> working_;
  std::set<std::pair<base::MonoTime, kube::ObjectKey>> later_;
  FairQueue ready_;
  uint64_t became_due_ = 0;
};

}  // namespace cresset::runtime
