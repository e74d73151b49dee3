#pragma once
// Which template a job's pods are made from. It is rendered once and kept verbatim in an annotation
// of the job's Service (service.h), so that a newer operator, which may render differently, goes on
// with the old one and never rolls a running job. Whoever may write Services could put any pod
// there, so it is used only if status.templateDigest, which only the operator may write, is its
// SHA-256, byte by byte; else it is rendered anew. A job that an operator without digests looked
// after is believed as it is found; its digest goes along with the next status that is written
// (status.h). Pure.

#include <string>

#include "controllers/training_job/observe.h"
#include "controllers/training_job/pods.h"

namespace cresset::controllers::training_job {

struct TemplateDecision {
  std::string text;                // JSON, as it is kept
  std::string digest;              // for the status
  bool write = false;              // the Service holds another or none
  bool changed_by_others = false;  // so that the owner is told

  // Parsed at each call: most looks at a job make no pod.
  base::Json pod_template() const;
};
TemplateDecision decide_template(const crds::TrainingJob& job, const Observed& observed,
                                 const PodSettings& settings);

}  // namespace cresset::controllers::training_job
