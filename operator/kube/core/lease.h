#pragma once
// Lease: coordination.k8s.io/v1 Lease as leader election uses it, with the address of its holder as
// an annotation, so that those who are not the leader can send others to it. A value; pure; any
// thread.

#include <chrono>
#include <string>

#include "operator/base/json.h"
#include "operator/kube/core/object.h"

namespace cresset::kube {

inline constexpr char kLeaseAddress[] = "cresset.dev/address";

struct Lease {
  std::string holder;   // "": nobody's
  std::string address;  // of the holder
  std::chrono::seconds duration{0};
  base::WallTime acquired;
  base::WallTime renewed;
  int transitions = 0;  // how often it changed hands
  base::ResourceVersion resource_version;
  bool operator==(const Lease&) const = default;
};

// Lenient: absent fields stay empty.
Lease decode_lease(const base::Json& object);
// With resourceVersion where the lease has one, so that a replace fails after somebody else's.
base::Json encode_lease(const ObjectKey& key, const Lease& lease);

}  // namespace cresset::kube
