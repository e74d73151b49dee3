#include "controllers/training_job/kept_template.h"

#include "controllers/training_job/service.h"
#include "operator/base/digest.h"

namespace cresset::controllers::training_job {

using base::Json;

namespace {
std::string digest_of(const Json& pod_template) {
  return "sha256:" + base::sha256(base::dump(pod_template));
}
}  // namespace

TemplateDecision decide_template(const crds::TrainingJob& job, const Observed& observed,
                                 const PodSettings& settings) {
  const std::string& digest = job.status.template_digest;
  Json kept = kept_template(observed);
  if (digest.empty() && job.status.round > 0) {  // an older operator's job
    if (!kept.is_null()) return {std::move(kept)};
    return {.pod_template = render_template(job, settings), .write = true};
  }
  const bool ours = !digest.empty() && digest_of(kept) == digest;
  // Before the first pod there is nothing to roll: a newer operator's template may be taken.
  const bool unused = observed.pods.empty() && job.status.round == 0;
  if (ours && !unused) return {std::move(kept), digest};
  Json rendered = render_template(job, settings);
  const bool write = rendered != kept;
  const bool changed = write && !kept.is_null() && !digest.empty() && !ours;
  std::string of_rendered = digest_of(rendered);
  return {std::move(rendered), std::move(of_rendered), write, changed};
}

}  // namespace cresset::controllers::training_job
