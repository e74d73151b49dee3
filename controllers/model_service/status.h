#pragma once
// The status of a ModelService out of what a pass found: conditions, state, counts, and the
// revision that the gateways send requests to. Pure; any thread.

#include "controllers/model_service/conditions.h"
#include "controllers/model_service/scale.h"
#include "controllers/model_service/settings.h"

namespace cresset::controllers::model_service {

crds::ModelServiceStatus make_status(const crds::ModelService& service, const Findings& findings,
                                     const Scale& scale, const ServingSettings& settings,
                                     base::WallTime now);

inline constexpr size_t kMaxNote = 1000;
// A child was refused: RolledOut says so, and Ready unless replicas of before answer. A service
// that is refused at its first look has all four conditions, those of which nothing is known as
// Unknown. Returns whether that is news.
bool set_refused(crds::ModelServiceStatus& status, const std::string& message, bool answers,
                 int64_t generation, base::WallTime now);

}  // namespace cresset::controllers::model_service
