#pragma once
// What `cresset top` and `cresset get` show: a row for each TrainingJob and each ModelService, from
// their statuses, and below a row why it is not well. No control character of theirs is shown.
// Pure; each line ends in \n.
//
//   std::fputs(top_text({jobs, services}, true, clock.wall()).c_str(), stdout);

#include <string>
#include <vector>

#include "crds/model_service.h"
#include "crds/training_job.h"
#include "operator/base/clock.h"

namespace cresset::cli {

struct Shown {
  std::vector<crds::TrainingJob> jobs;
  std::vector<crds::ModelService> services;
};

// "no TrainingJobs and no ModelServices\n" when there are none of either. `namespaces`: which one
// they are of is a column.
std::string top_text(const Shown& shown, bool namespaces, base::WallTime now);

}  // namespace cresset::cli
