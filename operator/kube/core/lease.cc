#include "operator/kube/core/lease.h"

#include "operator/kube/core/resource.h"

namespace cresset::kube {

namespace {

base::WallTime epoch_or_time(const base::Json& object, const char* pointer) {
  return base::parse_time(base::text_at(object, pointer)).value_or(base::WallTime{});
}

}  // namespace

Lease decode_lease(const base::Json& object) {
  const ObjectMeta meta = decode_meta(object);
  const auto address = meta.annotations->find(kLeaseAddress);
  return {.holder = base::text_at(object, "/spec/holderIdentity"),
          .address = address == meta.annotations->end() ? "" : address->second.str(),
          .duration = std::chrono::seconds(base::number_at(object, "/spec/leaseDurationSeconds")),
          .acquired = epoch_or_time(object, "/spec/acquireTime"),
          .renewed = epoch_or_time(object, "/spec/renewTime"),
          .transitions = static_cast<int>(base::number_at(object, "/spec/leaseTransitions")),
          .resource_version = meta.resource_version};
}

base::Json encode_lease(const ObjectKey& key, const Lease& lease) {
  base::Json meta{
      {"name", key.name},
      {"namespace", key.ns},
      {"labels",
       {{"app.kubernetes.io/name", "cresset"}, {"app.kubernetes.io/managed-by", "cresset"}}},
      {"annotations", {{kLeaseAddress, lease.address}}}};
  if (!lease.resource_version.empty()) meta["resourceVersion"] = lease.resource_version.value();
  return {{"apiVersion", kLeases.api_version()},
          {"kind", kLeases.kind},
          {"metadata", std::move(meta)},
          {"spec",
           {{"holderIdentity", lease.holder},
            {"leaseDurationSeconds", lease.duration.count()},
            {"acquireTime", base::format_micro_time(lease.acquired)},
            {"renewTime", base::format_micro_time(lease.renewed)},
            {"leaseTransitions", lease.transitions}}}};
}

}  // namespace cresset::kube
