#include "operator/gateway/routes.h"

#include <algorithm>
#include <mutex>

#include "crds/worker_contract/names.h"
#include "crds/worker_contract/worker_config.h"
#include "operator/base/address.h"

namespace cresset::gateway {

using kube::JsonView;

base::Result<ServiceView> decode_service(const JsonView& object) {
  ServiceView view;
  view.meta = kube::decode_meta(object);
  const auto mode = object.text_at("/spec/access/mode", "Namespace");
  if (mode == "Open") view.access = AccessMode::kOpen;
  if (mode == "Keys") view.access = AccessMode::kKeys;
  object.find("/spec/access/keys").each_item([&](const JsonView& key) {
    auto hash = key.text().value_or(key.text_at("/sha256"));
    if (hash.starts_with("sha256:")) hash.remove_prefix(7);
    if (!hash.empty()) view.key_hashes.emplace_back(hash);
  });
  view.revision = object.text_at("/status/revision");
  const int64_t usual = worker_contract::ServeConfig{}.max_request_bytes;
  view.max_request_bytes =
      static_cast<size_t>(std::max<int64_t>(0, object.number_at("/spec/maxRequestBytes", usual)));
  return view;
}

namespace {

bool is_ready(const JsonView& endpoint) {
  // An absent condition means ready (EndpointSlice API, "EndpointConditions").
  return endpoint.flag_at("/conditions/ready", true);
}

}  // namespace

base::Result<SliceView> decode_slice(const JsonView& object) {
  SliceView view;
  view.meta = kube::decode_meta(object);
  const auto label = view.meta.labels->find(worker_contract::kServiceLabel);
  if (label != view.meta.labels->end()) view.service = label->second;
  const int64_t port = object.number_at("/ports/0/port", worker_contract::kServePort);
  object.find("/endpoints").each_item([&](const JsonView& endpoint) {
    const std::string ip(endpoint.text_at("/addresses/0"));
    if (!ip.empty() && is_ready(endpoint)) view.addresses.push_back(base::host_and_port(ip, port));
  });
  return view;
}

net::BodyLimit body_limit(const Route* route, size_t own) {
  if (route == nullptr || route->max_request_bytes > own)
    return {own, "the gateway's --max-request-bytes"};
  return {route->max_request_bytes,
          "spec.maxRequestBytes of the ModelService " + route->key.to_string()};
}

RoutePtr make_route(const ServiceView& service,
                    const std::vector<std::shared_ptr<const SliceView>>& slices,
                    Backends& backends) {
  auto route = std::make_shared<Route>();
  route->key = service.meta.key();
  route->access = service.access;
  route->key_hashes = service.key_hashes;
  route->revision = service.revision;
  route->max_request_bytes = service.max_request_bytes;
  for (const auto& slice : slices)
    for (const auto& address : slice->addresses) route->backends.push_back(backends.at(address));
  return route;
}

RoutePtr RouteBoard::find(const kube::ObjectKey& key) const {
  std::shared_lock lock(mutex_);
  const auto found = routes_.find(key);
  return found == routes_.end() ? nullptr : found->second;
}

void RouteBoard::put(RoutePtr route) {
  std::unique_lock lock(mutex_);
  routes_[route->key] = std::move(route);
}

void RouteBoard::erase(const kube::ObjectKey& key) {
  std::unique_lock lock(mutex_);
  routes_.erase(key);
}

std::vector<RoutePtr> RouteBoard::all() const {
  std::shared_lock lock(mutex_);
  std::vector<RoutePtr> routes;
  for (const auto& [key, route] : routes_) routes.push_back(route);
  return routes;
}

std::optional<Target> split_target(const std::string& target) {
  if (target.empty() || target[0] != '/') return std::nullopt;
  const size_t name = target.find('/', 1);
  if (name == std::string::npos || name == 1) return std::nullopt;
  const size_t rest = target.find('/', name + 1);
  if (rest == std::string::npos || rest == name + 1) return std::nullopt;
  const std::string version = target.substr(rest, 3);
  const bool ends = target.size() == rest + 3 || target[rest + 3] == '/' || target[rest + 3] == '?';
  if ((version != "/v1" && version != "/v2") || !ends) return std::nullopt;
  return Target{{target.substr(1, name - 1), target.substr(name + 1, rest - name - 1)},
                target.substr(rest)};
}

}  // namespace cresset::gateway
