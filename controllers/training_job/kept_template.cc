#include "controllers/training_job/kept_template.h"

#include "controllers/training_job/service.h"
#include "controllers/training_job/status.h"

namespace cresset::controllers::training_job {

using base::Json;
using base::Result;

namespace {

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

std::string render(const crds::TrainingJob& job, const PodSettings& settings) {
  return base::dump(render_template(job, settings));
}

}  // namespace

std::optional<Json> template_of(const TemplateDecision& decision, const crds::TrainingJob& job,
                                const PodSettings& settings) {
  if (decision.json) return decision.json;
  const std::string text = decision.text ? *decision.text : render(job, settings);
  if (!decision.text && template_digest(text) != decision.digest) return std::nullopt;
  return parse(text).value();  // written or checked here
}

TemplateDecision decide_template(const crds::TrainingJob& job, const Observed& observed,
                                 const PodSettings& settings) {
  const std::string& digest = job.status.template_digest;
  const std::string kept = kept_digest(observed);
  // Before the first pod there is nothing to roll: a newer operator's template may be taken.
  const bool unused = observed.pods.empty() && job.status.round == 0;
  bool ours = !kept.empty() && kept == digest;
  if (!ours && !kept.empty() && !unused && is_of_an_older_operator(job.status)) {
    if (!observed.kept_text) return {.unread = true};
    ours = is_an_object(*observed.kept_text);
  }
  if (ours && !unused) return {.digest = kept, .text = observed.kept_text};
  Json json = render_template(job, settings);
  std::string rendered = base::dump(json);
  std::string of_rendered = template_digest(rendered);
  const bool write = of_rendered != kept;
  const bool changed = write && !ours && observed.service != nullptr && !digest.empty();
  return {.digest = std::move(of_rendered),
          .text = std::move(rendered),
          .json = std::move(json),
          .write = write,
          .changed_by_others = changed};
}

}  // namespace cresset::controllers::training_job
