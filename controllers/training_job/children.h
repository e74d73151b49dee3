#pragma once
// What is wanted of a job's Service and NetworkPolicy: that they are there, that the Service keeps
// the template that pods are made from, and that both say what we said (mend.h). Pure.

#include <vector>

#include "controllers/common/plan.h"
#include "controllers/training_job/kept_template.h"
#include "controllers/training_job/observe.h"

namespace cresset::controllers::training_job {

// Adds the changes, the Service's first.
void keep_children_of(const crds::TrainingJob& job, const Observed& observed,
                      const TemplateDecision& decision, std::vector<Change>& changes);

}  // namespace cresset::controllers::training_job
