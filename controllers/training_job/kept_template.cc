#include "controllers/training_job/kept_template.h"

#include "controllers/training_job/service.h"
#include "controllers/training_job/status.h"
#include "operator/base/digest.h"

namespace cresset::controllers::training_job {

using base::Json;

namespace {

std::string digest_of(const Json& pod_template) {
  return "sha256:" + base::sha256(base::dump(pod_template));
}

// What an operator with digests writes while it looks after pods has one; what it writes of a job
// that has none yet is only that it is suspended or refused.
bool is_of_an_older_operator(const crds::TrainingJobStatus& status) {
  if (!status.template_digest.empty()) return false;
  const auto* running = kube::find_condition(status.conditions, kRunning);
  return status.round > 0 || (running != nullptr && running->reason != kReasonRefused &&
                              running->reason != kReasonSuspended);
}

}  // namespace

TemplateDecision decide_template(const crds::TrainingJob& job, const Observed& observed,
                                 const PodSettings& settings) {
  const std::string& digest = job.status.template_digest;
  Json kept = kept_template(observed);
  std::string of_kept = kept.is_null() ? "" : digest_of(kept);
  const bool ours = !kept.is_null() && (of_kept == digest || is_of_an_older_operator(job.status));
  // Before the first pod there is nothing to roll: a newer operator's template may be taken.
  const bool unused = observed.pods.empty() && job.status.round == 0;
  if (ours && !unused) return {std::move(kept), std::move(of_kept)};
  Json rendered = render_template(job, settings);
  const bool write = rendered != kept;
  const bool changed = write && !ours && observed.service != nullptr && !digest.empty();
  std::string of_rendered = digest_of(rendered);
  return {std::move(rendered), std::move(of_rendered), write, changed};
}

}  // namespace cresset::controllers::training_job
