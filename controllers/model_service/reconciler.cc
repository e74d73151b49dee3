#include "controllers/model_service/reconciler.h"

#include "controllers/model_service/plan.h"
#include "controllers/model_service/scale.h"
#include "controllers/model_service/status.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::model_service {

using base::Result;
using runtime::Outcome;

namespace {

constexpr char kByJob[] = "job";

runtime::InformerOptions children_of_services(const kube::Resource& resource,
                                              const ModelServiceOptions& options) {
  return {.resource = resource,
          .namespaces = options.namespaces,
          .label_selector = worker_contract::kServiceLabel};
}

// Pods are owned by ReplicaSets, so it is the label that names the service of a child. A name over
// 63 characters would be shortened there; the schema allows none.
template <typename T>
auto wake_service(runtime::WorkQueue& queue) {
  return [&queue](const T* before, const T* after, runtime::Priority priority) {
    const auto& meta = after != nullptr ? after->meta : before->meta;
    queue.add({meta.ns, label_of(meta, worker_contract::kServiceLabel)}, priority);
  };
}

}  // namespace

ModelServiceController::ModelServiceController(kube::Api& api, runtime::EventRecorder& events,
                                               ModelServiceOptions options, base::Clock& clock,
                                               base::Metrics& metrics, base::Log log)
    : options_(std::move(options)),
      clock_(clock),
      log_(log.with({{"controller", "modelservice"}})),
      queue_(clock, base::system_random()),
      board_([this](const kube::ObjectKey& key) { queue_.add(key); }),
      services_(api, {.resource = kube::kModelServices, .namespaces = options_.namespaces},
                runtime::from_json(crds::decode_model_service), clock, base::system_random(), log_),
      deployments_(api, children_of_services(kube::kDeployments, options_), decode_deployment_child,
                   clock, base::system_random(), log_),
      kube_services_(api, children_of_services(kube::kServices, options_), decode_child, clock,
                     base::system_random(), log_),
      policies_(api, children_of_services(kube::kNetworkPolicies, options_), decode_child, clock,
                base::system_random(), log_),
      pods_(api, children_of_services(kube::kPods, options_), decode_pod, clock,
            base::system_random(), log_),
      executor_(api, events, as_seen_in(services_.store())),
      expectations_(clock, &metrics.gauge("cresset_awaited_objects",
                                          "Objects whose caches do not show yet what was written",
                                          {{"controller", "modelservice"}})),
      controller_(
          {.name = "modelservice", .kind = kube::kModelServices.kind}, queue_,
          [this](const kube::ObjectKey& key) { return reconcile(key); }, clock, metrics,
          log) {  // it adds its name itself
  index();
  connect();
}

void ModelServiceController::index() {
  services_.store().add_index(kByJob, [](const crds::ModelService& service) {
    const auto& job = service.spec.model.training_job;
    return job.empty() ? std::vector<std::string>{}
                       : std::vector{kube::ObjectKey{service.meta.ns, job}.to_string()};
  });
  deployments_.store().add_index(kByOwner, [](const Child& child) { return owner_of(child.meta); });
  policies_.store().add_index(kByOwner, [](const Child& child) { return owner_of(child.meta); });
  pods_.store().add_index(kByService, [](const Pod& pod) { return service_of(pod.meta); });
}

void ModelServiceController::connect() {
  services_.on_change([this](const crds::ModelService* before, const crds::ModelService* after,
                             runtime::Priority priority) {
    queue_.add((after != nullptr ? after : before)->meta.key(), priority);
  });
  deployments_.on_change(wake_service<Child>(queue_));
  kube_services_.on_change(wake_service<Child>(queue_));
  policies_.on_change(wake_service<Child>(queue_));
  pods_.on_change(wake_service<Pod>(queue_));
}

void ModelServiceController::add_to(runtime::Manager& manager) {
  manager.add(services_);
  manager.add(deployments_);
  manager.add(kube_services_);
  manager.add(policies_);
  manager.add(pods_);
  manager.add_after_sync(controller_);
}

void ModelServiceController::job_changed(const kube::ObjectKey& job, runtime::Priority priority) {
  for (const auto& service : services_.store().by_index(kByJob, job.to_string()))
    queue_.add(service->meta.key(), priority);
}

// One of several named namespaces may refuse us while the others are looked after.
bool ModelServiceController::knows(const std::string& ns) const {
  return options_.namespaces.empty() ||
         (services_.knows(ns) && deployments_.knows(ns) && kube_services_.knows(ns) &&
          policies_.knows(ns) && pods_.knows(ns) && options_.knows_jobs(ns));
}

bool ModelServiceController::shown(const Change& change, const base::Uid& service) const {
  return std::visit(
      [&](const auto& one) {
        if (one.resource == kube::kPods) return true;  // a mark on one that leaves
        const auto& informer = one.resource == kube::kDeployments ? deployments_
                               : one.resource == kube::kServices  ? kube_services_
                                                                  : policies_;
        return shows(informer.store().get(one.key).get(), change, service);
      },
      change);
}

Observed ModelServiceController::look(const crds::ModelService& service) {
  Observed observed = observe(
      service, {deployments_.store(), kube_services_.store(), policies_.store(), pods_.store()});
  if (const auto& job = service.spec.model.training_job; !job.empty())
    observed.trained = options_.trained({service.meta.ns, job});
  observed.in_flight = board_.in_flight(service.meta.key(), clock_.mono());
  if (const auto& scaling = service.spec.scaling)
    observed.load = board_.load(service.meta.key(), metric_of(*scaling), scaling_window(*scaling),
                                clock_.mono());
  else
    board_.forget(service.meta.key());
  return observed;
}

Result<Outcome> ModelServiceController::reconcile(const kube::ObjectKey& key) {
  const auto service = services_.store().get(key);
  if (service == nullptr || service->meta.deleted) {
    expectations_.forget(key);
    mends_.forget(key);
    board_.forget(key);
    return Outcome{};
  }
  if (!knows(key.ns)) return Outcome{kRefusedPeriod};
  if (auto left = expectations_.wait_for(
          service->meta, [&](const auto& c) { return shown(c, service->meta.uid); }))
    return Outcome{left};
  const Observed observed = look(*service);
  Plan wanted = plan(*service, observed, options_.settings, clock_.wall());
  mends_.hold_back(key, wanted, clock_.mono());
  const auto [result, done, outdated] =
      executor_.apply(std::move(wanted), kube::kModelServices, service->meta);
  expectations_.note(service->meta, done, outdated);
  mends_.note(key, done, clock_.mono());
  if (!result) {
    if (base::is_invalid(result.error()) || base::is_forbidden(result.error()) ||
        base::is_already_exists(result.error()))
      return refused(*service, observed, result.error());
    return base::fail(result.error());
  }
  return Outcome{done.again_after};
}

// The API server will not have what the spec asks for (a quota, an admission policy), or somebody
// else holds a name: the owner is told in words, and it is tried again later, since quotas,
// policies and names change.
Result<Outcome> ModelServiceController::refused(const crds::ModelService& service,
                                                const Observed& observed,
                                                const base::Error& error) {
  auto status = service.status;
  // Without a Service of ours the gateways know no address.
  const bool answers = status.ready_replicas > 0 && observed.service != nullptr;
  const bool news =
      set_refused(status, error.message(), answers, service.meta.generation, clock_.wall());
  Plan told;
  if (news) {
    told.status = crds::encode(status);
    told.events.push_back({runtime::EventType::kWarning, kRefused, "ApplyChildren",
                           error.message().substr(0, kMaxNote)});
  }
  const auto [result, done, outdated] =
      executor_.apply(std::move(told), kube::kModelServices, service.meta);
  expectations_.note(service.meta, done, outdated);
  CRESSET_CHECK(result);
  if (base::is_already_exists(error)) return Outcome{kHeldNamePeriod};
  return base::fail(base::unavailable("refused by the API server: " + error.message()));
}

}  // namespace cresset::controllers::model_service
