#pragma once
// make_calls: many calls to the API server over many connections, some with a slow start: one at
// first (and one for each that was done before them), each success lets one more be under way
// beside it, at most kCallsAtOnce, so that what the API server will not have costs few calls, and
// nobody waits for the slowest of a batch. The others begin together. What comes next in another
// way begins when all before it are done. After an error none begins any more, nor once it is said
// that they may not go on; the first Error is returned, beside which of them were done.
// Callers share what may be under way evenly, so that a job of thousands holds nobody up. Who can
// begin a call without waiting for it (kube::Told) is asked for the next one by the thread that
// brings the answer of the last, so that a thousand calls wake no thread but that one. What blocks
// is done by the calling thread and by what threads the helpers have to spare (they stay: one that
// is begun for each call costs more than the call); one that has made a call gives way to other
// callers that wait for theirs. Blocks; any thread.
//
//   CallHelpers helpers;
//   auto [result, done] = make_calls({.count = pods.size(), .call = remove_pod}, helpers);

#include <atomic>
#include <functional>
#include <vector>

#include "operator/base/result.h"
#include "operator/base/worker_pool.h"
#include "operator/kube/client/outcome.h"

namespace cresset::controllers {

inline constexpr size_t kCallsAtOnce = 64;

// Called by several threads; what they throw is an Error (internal).
struct ManyCalls {
  size_t count = 0;
  std::function<base::Result<void>(size_t place)> call = {};             // blocks
  std::function<void(size_t place, const kube::Told& told)> begin = {};  // in its place
  std::function<bool(size_t place)> begins_slowly = [](size_t) { return false; };
  std::function<base::Result<void>()> may_go_on = {};  // asked before each; none: they may
};
struct CallsDone {
  base::Result<void> result;
  std::vector<bool> done;  // one for each; all of them unless `result` is an error
};

// What callers have in common. Any thread; outlives them.
struct CallHelpers {
  explicit CallHelpers(size_t most = kCallsAtOnce, size_t max_waiting = kCallsAtOnce)
      : threads(most, max_waiting) {}

  std::atomic<size_t> callers{0};
  base::WorkerPool threads;
};

CallsDone make_calls(const ManyCalls& calls, CallHelpers& helpers);

}  // namespace cresset::controllers
