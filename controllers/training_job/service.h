#pragma once
// The headless Service of a job: names for the workers, and the place where the rendered pod
// template is kept (kept_template.h). What somebody changes in it is put back (mend.h). Pure.

#include <string>

#include "controllers/training_job/observe.h"

namespace cresset::controllers::training_job {

inline constexpr char kTemplateAnnotation[] = "cresset.dev/pod-template";

// Of Service and NetworkPolicy.
std::string service_name(const std::string& job);
base::Json service_spec(const std::string& job);
// `pod_template`: JSON, kept verbatim.
base::Json make_service(const crds::TrainingJob& job, std::string pod_template);
// As the cache keeps it: with the spec only where that is not as it should be, and with the digest
// of the template in the place of its text.
base::Result<Child> decode_service(const kube::JsonView& object);
// "sha256:" and 64 hex digits.
std::string template_digest(const std::string& text);
// Of what the annotation of our Service says; "" without one.
std::string kept_digest(const Observed& observed);
// The Service as it is now (nullptr: there is none), and the text that it keeps.
void take_live_service(Observed& observed, const base::Json* service, const base::Uid& job);

}  // namespace cresset::controllers::training_job
