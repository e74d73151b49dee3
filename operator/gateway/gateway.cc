#include "operator/gateway/gateway.h"

#include <algorithm>
#include <atomic>

#include "crds/worker_contract/names.h"
#include "operator/gateway/replica_poll.h"
#include "operator/net/client/loop.h"
#include "operator/runtime/manager.h"
#include "operator/runtime/named_namespaces.h"

namespace cresset::gateway {

namespace {

constexpr char kByService[] = "service";

net::ServerResponse plain(int status, std::string text) {
  return {.status = status, .body = std::move(text) + "\n"};
}

int status_of(const base::Error& error) {
  if (base::is_unauthorized(error)) return 401;
  if (base::is_forbidden(error)) return 403;
  return 503;
}

std::vector<std::shared_ptr<net::Loop>> make_loops(int count) {
  std::vector<std::shared_ptr<net::Loop>> loops;
  for (int i = 0; i < std::max(1, count); ++i) loops.push_back(std::make_shared<net::Loop>());
  return loops;
}

std::string index_key(const std::string& ns, const std::string& name) { return ns + "/" + name; }

}  // namespace

struct Gateway::Parts {
  Parts(GatewayOptions given, kube::Api& api, ReviewToken review, base::Clock& clock,
        base::Metrics& metrics, base::Log log)
      : options(std::move(given)),
        clock(clock),
        metrics(metrics),
        log(log),
        namespaces(api, options.namespaces, clock),
        services(api, {.resource = kube::kModelServices, .namespaces = options.namespaces},
                 decode_service, clock, base::system_random(), log),
        slices(api,
               {.resource = kube::kEndpointSlices,
                .namespaces = options.namespaces,
                .label_selector = worker_contract::kServiceLabel},
               decode_slice, clock, base::system_random(), log),
        peers(api,
              {.resource = kube::kEndpointSlices,
               .ns = options.ns,
               .label_selector = "kubernetes.io/service-name=cresset-gateway"},
              decode_peers, clock, base::system_random(), log),
        loops(make_loops(options.threads)),
        client(std::make_unique<net::HttpClient>(
            net::ClientOptions{
                .max_idle_per_origin = static_cast<size_t>(options.forward.max_in_flight),
                .max_body_bytes = options.max_answer_bytes},
            loops)),
        forwarder(options.forward, routes, *client, meter, clock, metrics),
        poll(*client, options.self, [this](const kube::ObjectKey& key) { forwarder.pump(key); }),
        reporter(
            options.report, options.self, [this] { return collect(); }, clock, log),
        access(std::move(review), clock),
        server(
            {.address = options.address,
             .port = options.port,
             .max_body_bytes = options.max_request_bytes,
             .body_limit_of =
                 [this](const net::ServerRequest& head) {
                   const auto target = split_target(head.target);
                   const RoutePtr route = target ? routes.find(target->key) : nullptr;
                   return body_limit(route.get(), options.max_request_bytes);
                 }},
            [this](net::ServerRequest request, net::Reply reply) {
              handle(std::move(request), std::move(reply));
            },
            loops),
        manager(log) {
    slices.store().add_index(kByService, [](const SliceView& slice) {
      return std::vector{index_key(slice.meta.ns, slice.service)};
    });
    services.on_change([this](const ServiceView* before, const ServiceView* after) {
      reroute(after != nullptr ? after->meta.key() : before->meta.key());
    });
    slices.on_change([this](const SliceView* before, const SliceView* after) {
      const SliceView& slice = after != nullptr ? *after : *before;
      reroute({slice.meta.ns, slice.service});
    });
    forwarder.set_on_starved([this] { reporter.wake(); });
    forwarder.set_on_broken([this](const kube::ObjectKey& key, const BackendPtr& backend) {
      poll.check(key, backend);
    });
    if (!options.namespaces.empty()) manager.add(namespaces);
    manager.add(services);
    manager.add(slices);
    manager.add(peers);
    manager.report_to(metrics);
  }

  // The client goes first: its last callbacks need the forwarder, which then sends no more.
  ~Parts() {
    forwarder.stop();
    client.reset();
  }

  // A peer is the pod behind an endpoint of the gateway's own Service.
  struct Peers {
    kube::ObjectMeta meta;
    std::vector<std::string> names;
  };
  static base::Result<Peers> decode_peers(const kube::JsonView& object) {
    Peers peers{.meta = kube::decode_meta(object)};
    object.find("/endpoints").each_item([&](const kube::JsonView& endpoint) {
      if (const auto name = endpoint.text_at("/targetRef/name"); !name.empty())
        peers.names.emplace_back(name);
    });
    return peers;
  }

  void reroute(const kube::ObjectKey& key) {
    // Both informers call this from their own threads; one at a time keeps the newest view last.
    std::lock_guard lock(reroute_mutex);
    const auto service = services.store().get(key);
    if (service == nullptr) {
      routes.erase(key);
    } else {
      routes.put(make_route(
          *service, slices.store().by_index(kByService, index_key(key.ns, key.name)), backends));
    }
    forwarder.pump(key);
  }

  void handle(net::ServerRequest request, net::Reply reply) {
    if (auto target = split_target(request.target))
      return admit(std::move(*target), std::move(request), std::move(reply));
    if (request.path == "/healthz") return reply(plain(200, "ok"));
    if (request.path == "/metrics")
      return reply({.content_type = "text/plain; version=0.0.4", .body = metrics.render()});
    if (request.path == "/readyz") return reply(readiness());
    reply(error_response(404, "nothing is at " + request.path +
                                  "; models answer at /NAMESPACE/NAME/v2/models/NAME/infer"));
  }

  net::ServerResponse readiness() {
    std::string waiting;
    for (const auto& line : manager.not_ready()) waiting += line + "\n";
    if (waiting.empty()) return plain(200, "ok");
    // Whoever takes a Role away in one of several namespaces must not take the gateway from all;
    // nor may an API server that serves nothing any more, without which it routes on as it knew.
    return plain(manager.settled() ? 200 : 503, waiting);
  }

  bool serves(const std::string& ns) const {
    const auto& all = options.namespaces;
    return all.empty() || std::find(all.begin(), all.end(), ns) != all.end();
  }

  // That there is no route to it.
  net::ServerResponse unknown(const kube::ObjectKey& key) const {
    if (!serves(key.ns))
      return error_response(404, "this gateway does not serve namespace \"" + key.ns +
                                     "\"; it serves those that its --watch-namespace names");
    if (!services.knows(key.ns))
      return error_response(503, "the gateway does not know its services yet");
    return error_response(404, "there is no ModelService \"" + key.name + "\" in namespace \"" +
                                   key.ns + "\"; kubectl get modelservices -n " + key.ns +
                                   " lists those that are there");
  }

  void admit(Target target, net::ServerRequest request, net::Reply reply) {
    const RoutePtr route = routes.find(target.key);
    if (route == nullptr) return reply(unknown(target.key));
    const std::string authorization(request.header("authorization"));
    auto held = std::make_shared<std::pair<net::ServerRequest, net::Reply>>(std::move(request),
                                                                            std::move(reply));
    access.check(route, authorization, [this, held, target](base::Result<void> allowed) {
      if (!allowed)
        return held->second(error_response(status_of(allowed.error()), allowed.error().message()));
      forwarder.forward(target.key, target.rest, std::move(held->first), std::move(held->second));
    });
  }

  std::vector<worker_contract::RevisionLoad> collect() {
    const auto demands = meter.drain(clock.mono());
    std::vector<worker_contract::RevisionLoad> loads;
    for (const auto& route : routes.all()) {
      const auto demand = demands.find(route->key);
      auto sums = poll.sums(*route);
      worker_contract::RevisionLoad load{
          .ns = route->key.ns, .name = route->key.name, .revision = route->revision};
      load.waiting = static_cast<int64_t>(forwarder.waiting(route->key));
      if (demand != demands.end()) {
        load.arrivals = demand->second.arrivals;
        load.concurrency = demand->second.concurrency;
        load.in_flight = std::max<int64_t>(0, demand->second.in_system - load.waiting);
      }
      load.queued = sums.queued;
      load.service_milliseconds = sums.service_milliseconds;
      load.batch_fill = sums.batch_fill;
      load.replicas = sums.replicas;
      load.busy = std::move(sums.busy);
      loads.push_back(std::move(load));
    }
    return loads;
  }

  std::vector<std::string> peer_names() const {
    std::vector<std::string> names;
    for (const auto& slice : peers.store().list())
      names.insert(names.end(), slice->names.begin(), slice->names.end());
    return names;
  }

  void keep_time(std::stop_token stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    while (!stop.stop_requested()) {
      poll.tick(routes.all(), peer_names());
      forwarder.expire();
      std::unique_lock lock(mutex);
      clock.wait_until(lock, never, stop, clock.mono() + std::chrono::seconds(1),
                       [] { return false; });
    }
  }

  GatewayOptions options;
  base::Clock& clock;
  base::Metrics& metrics;
  base::Log log;
  runtime::NamedNamespaces namespaces;
  runtime::Informer<ServiceView> services;
  runtime::Informer<SliceView> slices;
  runtime::Informer<Peers> peers;
  std::mutex reroute_mutex;
  Backends backends;
  RouteBoard routes;
  LoadMeter meter;
  // Of server and client: a request meets its pod without changing threads.
  const std::vector<std::shared_ptr<net::Loop>> loops;
  std::unique_ptr<net::HttpClient> client;
  Forwarder forwarder;
  ReplicaPoll poll;
  Reporter reporter;
  Access access;
  net::HttpServer server;
  runtime::Manager manager;
};

Gateway::Gateway(GatewayOptions options, kube::Api& api, ReviewToken review, base::Clock& clock,
                 base::Metrics& metrics, base::Log log)
    : parts_(std::make_unique<Parts>(std::move(options), api, std::move(review), clock, metrics,
                                     log)) {}
Gateway::~Gateway() = default;

base::Result<void> Gateway::run(std::stop_token stop) {
  CRESSET_CHECK(parts_->server.start());
  parts_->log.info("gateway listens", {{"port", static_cast<int>(parts_->server.port())}});
  std::jthread timer([this](std::stop_token own) { parts_->keep_time(own); });
  std::jthread reports([this](std::stop_token own) {
    if (!parts_->options.report.leader_url.empty()) parts_->reporter.run(own);
  });
  auto ended = parts_->manager.run(stop);
  parts_->forwarder.stop();
  parts_->server.stop();
  return ended;
}

uint16_t Gateway::port() const { return parts_->server.port(); }

ReviewToken token_review(kube::Api& api) {
  return [&api](const std::string& token) -> base::Result<std::string> {
    const base::Json review{
        {"apiVersion", "authentication.k8s.io/v1"},
        {"kind", "TokenReview"},
        {"spec", {{"token", token}, {"audiences", {worker_contract::kAudience}}}}};
    CRESSET_TRY(answer, api.create(kube::kTokenReviews, "", review));
    if (!base::flag_at(answer, "/status/authenticated"))
      return base::fail(base::unauthorized("the token is not valid for audience \"" +
                                           std::string(worker_contract::kAudience) + "\""));
    const std::string user = base::text_at(answer, "/status/user/username");
    constexpr std::string_view kPrefix = "system:serviceaccount:";
    const size_t end = user.find(':', kPrefix.size());
    if (user.rfind(kPrefix, 0) != 0 || end == std::string::npos)
      return base::fail(base::unauthorized("the token is not of a service account"));
    return user.substr(kPrefix.size(), end - kPrefix.size());
  };
}

}  // namespace cresset::gateway
