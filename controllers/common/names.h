#pragma once
// Names, labels and owner references of what the controllers make. Child names are deterministic,
// so that a plan made from a stale cache applies the same object again instead of a second one.
// Pure.

#include <map>
#include <string>
#include <string_view>

#include "operator/base/json.h"
#include "operator/kube/core/object.h"
#include "operator/kube/core/resource.h"

namespace cresset::controllers {

// `name` + `suffix` as an RFC 1035 label (Service, Pod, hostname) of at most `max` characters. A
// name that is too long, has dots or begins with a digit is changed and gets 8 hex digits of its
// digest, so that two owners never share a child.
std::string child_name(std::string_view name, std::string_view suffix, size_t max = 63);

// As a label value: at most 63 characters; a longer one is cut and gets its digest.
std::string label_value(std::string_view name);

// app.kubernetes.io/{name,instance,component,managed-by,part-of} and more.
base::Json recommended_labels(const std::string& instance, const std::string& component);

base::Json owner_references(const kube::Resource& resource, const kube::ObjectMeta& owner);
bool is_owned_by(const kube::ObjectMeta& child, const base::Uid& owner);

// By which a ReplicaSet chooses the pods that leave (Kubernetes, "Pod deletion cost").
inline constexpr char kDeletionCost[] = "controller.kubernetes.io/pod-deletion-cost";
// Whether a controller reads the label or annotation of that name, in a child: most are read by
// none, and a cache may hold ten thousand children. Ours are, but for that by which the API server
// chooses, and kDeletionCost.
bool is_read(std::string_view name);

}  // namespace cresset::controllers
