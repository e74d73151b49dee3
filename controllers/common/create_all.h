#pragma once
// create_all: makes many objects at once (many_calls.h), pods with a slow start. What starts no
// pods (a Service, a NetworkPolicy) is made together; what starts them (pods, Deployments) begins
// when all before it are there: no pod without its NetworkPolicy. None begins once the owner is
// seen to be deleted or changed (kConflict). A name that is taken is fine when the holder belongs
// to `owner`. Blocks; any thread.
//
//   CRESSET_CHECK(create_all(api, creates, {kube::kTrainingJobs, job.meta}, helpers).result);

#include <vector>

#include "controllers/common/create_one.h"
#include "controllers/common/many_calls.h"

namespace cresset::controllers {

CallsDone create_all(kube::Api& api, const std::vector<const Create*>& creates, const Owner& owner,
                     base::WorkerPool& helpers);

}  // namespace cresset::controllers
