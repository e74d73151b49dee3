#pragma once
// create_all: makes many objects over many connections, pods with a slow start: one at first (and
// one for each child that was made before them), each success lets one more be asked for beside it,
// at most kCreatesAtOnce, so that what the API server will not have costs few calls, and nobody
// waits for the slowest of a batch. What starts no pods (a Service, a NetworkPolicy) is made
// together; what starts them (pods, Deployments) begins when all before it are there: no pod
// without its NetworkPolicy. After a refusal none begins any more, nor once the owner is seen to be
// deleted or changed (kConflict); the first Error is returned, beside which of them are there. A
// name that is taken is fine when the holder belongs to `owner`.
// The calling thread makes them, with what `helpers` has to spare (threads that stay: one that is
// begun for each object costs more than the object); a helper that has made one gives way to other
// callers that wait for theirs, so that a job of thousands holds nobody up. Blocks; any thread.
//
//   base::WorkerPool helpers(kCreatesAtOnce, kCreatesAtOnce);
//   CRESSET_CHECK(create_all(api, creates, {kube::kTrainingJobs, job.meta}, helpers).result);

#include <vector>

#include "controllers/common/create_one.h"
#include "operator/base/worker_pool.h"

namespace cresset::controllers {

inline constexpr size_t kCreatesAtOnce = 64;

struct Creation {
  base::Result<void> result;
  std::vector<bool> made;  // one for each of `creates`; all of them unless `result` is an error
};

Creation create_all(kube::Api& api, const std::vector<const Create*>& creates, const Owner& owner,
                    base::WorkerPool& helpers);

}  // namespace cresset::controllers
