#pragma once
// A revision is what a replica is made from: the model (pinned by digest where it is known) and the
// fields of the spec that reach the pod. Its name is a hash of those fields alone and not of the
// pod that is rendered from them, so a newer operator, with other defaults or another image, makes
// no new revision of an unchanged spec. Pure; any thread.

#include <optional>
#include <string>

#include "controllers/model_service/observe.h"

namespace cresset::controllers::model_service {

// The model to serve, or what is waited for.
struct Resolved {
  std::optional<crds::ServedModel> model;
  std::string reason;  // CamelCase, when there is none
  std::string message;
};
// A job that is gone, or trains anew, leaves the model that the status names.
Resolved resolve_model(const crds::ModelService& service,
                       const std::optional<TrainedModel>& trained);

// Ten hex digits: a label value and part of names.
std::string revision_of(const crds::ModelServiceSpec& spec, const crds::ServedModel& model);

}  // namespace cresset::controllers::model_service
