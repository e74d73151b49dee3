#pragma once
// What the replicas of a revision may reach: DNS, and the store that its spec names. They load the
// model and then answer what gateways ask, for which no rule is needed. NetworkPolicies know
// addresses, pods and namespaces but no names, and a port as the pod behind a Service has it: so a
// name in the cluster opens its namespace, and any name its port everywhere but at the metadata
// services of clouds. Where Google's is, one is opened to pods whose service account is what they
// are to be known by at Google (has_google_identity): AWS and Azure have theirs at that address
// too, so that elsewhere a service of gs:// is given no service account. Policies add up: who needs
// more makes another that selects the pods.
//
// Each revision has a policy of its own, of its Deployment's name and made before it, so that it
// shows that it loads under the rules that it will live under, and takes none from the revision
// that serves. The rules are rendered once and kept on the Deployment; that of a release which
// limited nothing has none, and its pods stay as they were. Pure; any thread.

#include <string>

#include "crds/model_service.h"
#include "operator/base/json.h"

namespace cresset::controllers::model_service {

inline constexpr char kEgressAnnotation[] = "cresset.dev/egress";

base::Json egress_rules(const crds::ModelService& service, const std::string& model_uri);
base::Json make_egress_policy(const crds::ModelService& service, const std::string& revision,
                              base::Json rules);

}  // namespace cresset::controllers::model_service
