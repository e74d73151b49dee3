#pragma once
// Closes the group's ports (store and the ranks' own) to everybody but the job's own pods; the
// metrics port stays open. A cluster whose network enforces no policies still has the group's
// secret. What somebody changes in it is put back (mend.h). Pure.

#include <string>

#include "controllers/common/child.h"
#include "crds/training_job.h"

namespace cresset::controllers::training_job {

base::Json network_policy_spec(const std::string& job);
base::Json make_network_policy(const crds::TrainingJob& job);
// As the cache keeps it: with the spec only where that is not as it should be.
base::Result<Child> decode_network_policy(const kube::JsonView& object);

}  // namespace cresset::controllers::training_job
