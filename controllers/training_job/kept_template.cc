#include "controllers/training_job/kept_template.h"

#include "controllers/training_job/service.h"
#include "controllers/training_job/status.h"
#include "operator/base/digest.h"

namespace cresset::controllers::training_job {

using base::Json;
using base::Result;

namespace {

std::string digest_of(const std::string& text) { return "sha256:" + base::sha256(text); }

// What was rendered here may be larger than what is believed of others, and is refused by name when
// it is kept.
Result<Json> parse(const std::string& text) {
  return base::parse_json(text, {.max_bytes = text.size(), .max_elements = text.size()});
}

bool is_an_object(const std::string& text) {
  const auto json = parse(text);
  return json && json->is_object();
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

// Only of a text that was written or checked here.
Json TemplateDecision::pod_template() const { return parse(text).value(); }

TemplateDecision decide_template(const crds::TrainingJob& job, const Observed& observed,
                                 const PodSettings& settings) {
  const std::string& digest = job.status.template_digest;
  const std::string* kept = kept_template(observed);
  std::string of_kept = kept == nullptr ? "" : digest_of(*kept);
  const bool ours =
      kept != nullptr &&
      (of_kept == digest || (is_of_an_older_operator(job.status) && is_an_object(*kept)));
  // Before the first pod there is nothing to roll: a newer operator's template may be taken.
  const bool unused = observed.pods.empty() && job.status.round == 0;
  if (ours && !unused) return {*kept, std::move(of_kept)};
  std::string rendered = base::dump(render_template(job, settings));
  const bool write = kept == nullptr || rendered != *kept;
  const bool changed = write && !ours && observed.service != nullptr && !digest.empty();
  std::string of_rendered = digest_of(rendered);
  return {std::move(rendered), std::move(of_rendered), write, changed};
}

}  // namespace cresset::controllers::training_job
