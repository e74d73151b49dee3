#pragma once
// Trouble: why a revision's replicas do not answer, in words: the last words of a worker that left
// (a wrong digest, a missing model), what the kubelet says of an image or a Secret, what the
// scheduler says of a place, what the API server says of the pods. Pure; any thread.

#include <string>

#include "controllers/model_service/observe.h"

namespace cresset::controllers::model_service {

struct Trouble {
  std::string reason;  // CamelCase; "" when nothing is wrong
  std::string message;
  bool operator==(const Trouble&) const = default;
};

Trouble trouble_of(const Pod& pod);
// What tells most among the revision's pods; the same for the same pods in any order.
Trouble trouble_of_revision(const Observed& observed, const std::string& revision);

}  // namespace cresset::controllers::model_service
