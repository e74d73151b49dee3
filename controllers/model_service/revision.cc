#include "controllers/model_service/revision.h"

#include "operator/base/digest.h"

namespace cresset::controllers::model_service {

namespace {

constexpr size_t kRevisionDigits = 10;

}  // namespace

Resolved resolve_model(const crds::ModelService& service,
                       const std::optional<TrainedModel>& trained) {
  const crds::ModelSource& source = service.spec.model;
  if (source.training_job.empty())
    return {crds::ServedModel{source.uri, source.digest, ""}, "", ""};

  const std::string job = "TrainingJob \"" + source.training_job + "\"";
  if (trained && trained->complete && !trained->uri.empty())
    return {crds::ServedModel{trained->uri, trained->digest, source.training_job}, "", ""};
  const crds::ServedModel& kept = service.status.model;
  if (kept.training_job == source.training_job && !kept.uri.empty()) return {kept, "", ""};
  if (!trained)
    return {{}, "TrainingJobNotFound", job + " does not exist in namespace " + service.meta.ns};
  if (trained->failed)
    return {{}, "TrainingJobFailed", job + " failed, so it has no model: " + trained->message};
  if (trained->complete)
    return {{}, "TrainingJobWithoutModel", job + " is complete and names no model"};
  return {{}, "WaitingForTrainingJob", job + " is not complete yet"};
}

std::string revision_of(const crds::ModelServiceSpec& spec, const crds::ServedModel& model) {
  crds::ModelServiceSpec pod = spec;
  pod.model = {.uri = model.uri, .digest = model.digest};
  pod.replicas = crds::ModelServiceSpec{}.replicas;
  pod.scaling.reset();
  pod.access = {};
  return base::sha256(base::dump(crds::encode(pod))).substr(0, kRevisionDigits);
}

}  // namespace cresset::controllers::model_service
