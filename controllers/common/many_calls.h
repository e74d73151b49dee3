#pragma once
// make_calls: many calls to the API server over many connections, some with a slow start: one at
// first (and one for each that was done before them), each success lets one more be under way
// beside it, at most kCallsAtOnce, so that what the API server will not have costs few calls, and
// nobody waits for the slowest of a batch. The others begin together. What comes next in another
// way begins when all before it are done. After an error none begins any more, nor once it is said
// that they may not go on; the first Error is returned, beside which of them were done.
// The calling thread makes them, with what `helpers` has to spare (threads that stay: one that is
// begun for each call costs more than the call); a helper that has made one gives way to other
// callers that wait for theirs, so that a job of thousands holds nobody up. Blocks; any thread.
//
//   base::WorkerPool helpers(kCallsAtOnce, kCallsAtOnce);
//   auto [result, done] = make_calls({.count = pods.size(), .call = remove_pod}, helpers);

#include <functional>
#include <vector>

#include "operator/base/result.h"
#include "operator/base/worker_pool.h"

namespace cresset::controllers {

inline constexpr size_t kCallsAtOnce = 64;

// Called by several threads; what they throw is an Error (internal).
struct ManyCalls {
  size_t count = 0;
  std::function<base::Result<void>(size_t place)> call;
  std::function<bool(size_t place)> begins_slowly = [](size_t) { return false; };
  std::function<base::Result<void>()> may_go_on = {};  // asked before each; none: they may
};
struct CallsDone {
  base::Result<void> result;
  std::vector<bool> done;  // one for each; all of them unless `result` is an error
};

CallsDone make_calls(const ManyCalls& calls, base::WorkerPool& helpers);

}  // namespace cresset::controllers
