#pragma once
// Resource names a kind to the API server: group, version, plural, whether namespaced. Constants of
// the kinds that Cresset reads or writes stand here and nowhere else. Values; any thread.

#include <string>

#include "operator/base/interned.h"

namespace cresset::kube {

struct Resource {
  base::Interned group;  // "" is core
  base::Interned version;
  base::Interned plural;
  base::Interned kind;
  bool namespaced = true;

  std::string api_version() const { return group.empty() ? version.str() : group + "/" + version; }
  bool operator==(const Resource&) const = default;
};

inline const Resource kPods{"", "v1", "pods", "Pod"};
inline const Resource kServices{"", "v1", "services", "Service"};
inline const Resource kConfigMaps{"", "v1", "configmaps", "ConfigMap"};
inline const Resource kSecrets{"", "v1", "secrets", "Secret"};
inline const Resource kNamespaces{"", "v1", "namespaces", "Namespace", false};
inline const Resource kNodes{"", "v1", "nodes", "Node", false};
inline const Resource kEvents{"events.k8s.io", "v1", "events", "Event"};
inline const Resource kDeployments{"apps", "v1", "deployments", "Deployment"};
inline const Resource kEndpointSlices{"discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"};
inline const Resource kNetworkPolicies{"networking.k8s.io", "v1", "networkpolicies",
                                       "NetworkPolicy"};
inline const Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease"};
inline const Resource kTokenReviews{"authentication.k8s.io", "v1", "tokenreviews", "TokenReview",
                                    false};
inline const Resource kTrainingJobs{"cresset.dev", "v1alpha1", "trainingjobs", "TrainingJob"};
inline const Resource kModelServices{"cresset.dev", "v1alpha1", "modelservices", "ModelService"};

}  // namespace cresset::kube
