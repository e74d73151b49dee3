#pragma once
// check_pod_template: that a pod template is of the shape that the controllers write into, and not
// larger than what is kept with each job (an annotation of its Service; all of an object's together
// may have 256 KiB). The CRD leaves it open, where neither a schema nor CEL can see its size, and
// the API server judges the rest when a pod is made of it. Pure, any thread.

#include <string>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::crds {

// What a pod has as an object or a list is one here, containers have names that are strings,
// nothing is nested deeper than in any pod, and as JSON it has at most 128 KiB. The error names the
// place below `path`.
base::Result<void> check_pod_template(const base::Json& pod_template, const std::string& path);

}  // namespace cresset::crds
