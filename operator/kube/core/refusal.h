#pragma once
// What a person is told of a list or watch that the API server refused: its own words, and of a
// kind that it does not know what may be missing. Pure; any thread.
//
//   std::fprintf(stderr, "%s\n", kube::refusal_text(kube::kTrainingJobs, page.error()).c_str());

#include <string>

#include "operator/base/result.h"
#include "operator/kube/core/resource.h"

namespace cresset::kube {

std::string refusal_text(const Resource& resource, const base::Error& error);

}  // namespace cresset::kube
