#pragma once
// Routes: which pods answer for NAMESPACE/NAME and who may ask. ServiceView and SliceView are the
// few fields that the gateway reads of a ModelService and of the EndpointSlices of its Service
// (which carry its label kServiceLabel); make_route is pure. RouteBoard holds the current routes
// for all request threads: a look-up takes a shared lock for the time of a hash look-up and returns
// an immutable snapshot.

#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "operator/gateway/backends.h"
#include "operator/kube/core/object.h"
#include "operator/net/server/http_server.h"

namespace cresset::gateway {

enum class AccessMode { kNamespace, kKeys, kOpen };

struct ServiceView {
  kube::ObjectMeta meta;
  AccessMode access = AccessMode::kNamespace;
  std::vector<std::string> key_hashes;  // SHA-256, hex
  std::string revision;                 // status.revision: the label of its load reports
  size_t max_request_bytes = 0;
};
base::Result<ServiceView> decode_service(const kube::JsonView& object);

struct SliceView {
  kube::ObjectMeta meta;
  std::string service;                 // value of its service label, "" if it has none
  std::vector<std::string> addresses;  // ready endpoints, ip:port
};
base::Result<SliceView> decode_slice(const kube::JsonView& object);

struct Route {
  kube::ObjectKey key;
  AccessMode access = AccessMode::kNamespace;
  std::vector<std::string> key_hashes;
  std::string revision;
  size_t max_request_bytes = 0;
  std::vector<BackendPtr> backends;
};
using RoutePtr = std::shared_ptr<const Route>;

// What the body of a request to `route` may have: what its service allows, at most `own`, which is
// the limit of the gateway and stands alone when there is no such service.
net::BodyLimit body_limit(const Route* route, size_t own);

RoutePtr make_route(const ServiceView& service,
                    const std::vector<std::shared_ptr<const SliceView>>& slices,
                    Backends& backends);

class RouteBoard {
 public:
  RoutePtr find(const kube::ObjectKey& key) const;
  void put(RoutePtr route);
  void erase(const kube::ObjectKey& key);
  std::vector<RoutePtr> all() const;

 private:
  struct Hash {
    size_t operator()(const kube::ObjectKey& key) const {
      return std::hash<std::string>{}(key.ns) * 31 + std::hash<std::string>{}(key.name);
    }
  };
  mutable std::shared_mutex mutex_;
  std::unordered_map<kube::ObjectKey, RoutePtr, Hash> routes_;
};

// "/NAMESPACE/NAME/rest" taken apart; rest starts with "/v1" or "/v2".
struct Target {
  kube::ObjectKey key;
  std::string rest;  // path and query as sent
};
// Nothing when the path has another shape.
std::optional<Target> split_target(const std::string& target);

}  // namespace cresset::gateway
