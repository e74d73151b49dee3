#pragma once
// Which template a job's pods are made from. It is rendered once and kept verbatim in an annotation
// of the job's Service (service.h), so that a newer operator, which may render differently, goes on
// with the old one and never rolls a running job. Whoever may write Services could put any pod
// there, so it is used only if status.templateDigest, which only the operator may write, is its
// SHA-256, byte by byte; else it is rendered anew. A job that an operator without digests looked
// after is believed as it is found; its digest goes along with the next status that is written
// (status.h), until which each look at it reads the text. Caches keep the digest alone: the text is
// rendered again where that gives the same, as it mostly does, and read of the API server where it
// does not. Pure.

#include <optional>
#include <string>

#include "controllers/training_job/observe.h"
#include "controllers/training_job/pods.h"

namespace cresset::controllers::training_job {

struct TemplateDecision {
  std::string digest;               // for the status
  std::optional<std::string> text;  // JSON, as it is kept, where it is at hand
  std::optional<base::Json> json;   // what `text` says, where it was rendered
  bool write = false;               // the Service holds another or none
  bool changed_by_others = false;   // so that the owner is told
  bool unread = false;              // nothing can be decided without Observed::kept_text
};
TemplateDecision decide_template(const crds::TrainingJob& job, const Observed& observed,
                                 const PodSettings& settings);

// What is decided, as pods are made from it; nothing when Observed::kept_text is wanted for it.
std::optional<base::Json> template_of(const TemplateDecision& decision,
                                      const crds::TrainingJob& job, const PodSettings& settings);

}  // namespace cresset::controllers::training_job
