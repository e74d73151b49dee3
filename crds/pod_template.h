#pragma once
// check_pod_template: that a pod template is of the shape that the controllers write into. The CRD
// leaves it open, where neither a schema nor CEL can see its size, and the API server judges the
// rest when a pod is made of it. Pure, any thread.

#include <string>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::crds {

// What a pod has as an object or a list is one here, containers have names that are strings,
// and nothing is nested deeper than in any pod. The error names the place below `path`.
base::Result<void> check_pod_template(const base::Json& pod_template, const std::string& path);

// That it says nothing of a worker's pod that a job's life rests on: that it ends when its
// container does, what it is called among the job's workers, what its container is told, and where
// its last words are.
base::Result<void> check_worker_template(const base::Json& pod_template, const std::string& path);

// At most 128 KiB as JSON: it is kept with each job, in an annotation of its Service, and all
// annotations of an object may have 256 KiB together.
base::Result<void> check_template_size(const base::Json& pod_template, const std::string& path);

}  // namespace cresset::crds
