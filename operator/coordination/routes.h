#pragma once
// The paths that coordination serves, taken apart. Pure; any thread.

#include <string>
#include <variant>

#include "operator/base/result.h"
#include "operator/kube/core/object.h"

namespace cresset::coordination {

struct MembershipRoute {
  kube::ObjectKey job;
  int after = 0;
};
struct ProgressRoute {
  kube::ObjectKey job;
};
struct LoadRoute {};
using Route = std::variant<MembershipRoute, ProgressRoute, LoadRoute>;

// kNotFound, kUnsupported (the method is another) or kInvalid (`after` is no round).
base::Result<Route> parse_route(const std::string& method, const std::string& path,
                                const std::string& after);

}  // namespace cresset::coordination
