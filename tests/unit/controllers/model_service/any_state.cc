#include "tests/unit/controllers/model_service/any_state.h"

#include <rapidcheck.h>

#include <algorithm>

#include "controllers/model_service/deployment.h"
#include "controllers/model_service/egress.h"
#include "controllers/model_service/revision.h"
#include "controllers/model_service/service.h"
#include "tests/unit/controllers/model_service/world.h"

namespace cresset::controllers::model_service {

using base::Json;
using testing::PlanWorld;
using testing::Subject;

namespace {

const base::WallTime kNow = *base::parse_time("2026-01-01T01:00:00Z");
const ServingSettings kSettings = World().settings;

crds::ModelService service_of(const State& state) {
  return *crds::decode_model_service(state.service);
}

// Somebody else's Deployment and Service that look like the service's own but for their owner.
void seed_lookalikes(PlanWorld& world, const State& state, const crds::ModelService& service) {
  crds::ModelService other = service;
  other.meta.name = "other";
  other.meta.uid = base::Uid("another");
  const std::string wanted = wanted_revision(state);
  Json deployment = make_deployment(other, {"s3://m/1", "", ""}, "theirs", 3, kSettings);
  Json kube_service = make_service(other, "theirs");
  for (Json* object : {&deployment, &kube_service})
    (*object)["metadata"]["labels"] = revision_labels(kKey.name, wanted.empty() ? "old" : wanted);
  world.seed(kube::kDeployments, deployment);
  world.seed(kube::kServices, kube_service);
}

std::string child_name_of(const kube::Resource& kind, const State& state) {
  return kind == kube::kDeployments ? deployment_name(kKey.name, wanted_revision(state))
                                    : serving_name(kKey.name);
}

// A Service or a NetworkPolicy, with a selector that somebody narrowed where the state says so.
Json edited(const State& state, Json child) {
  if (!state.edited) return child;
  Json& spec = child["spec"];
  Json& labels = spec.contains("selector") ? spec["selector"] : spec["podSelector"]["matchLabels"];
  labels["only"] = "these";
  return child;
}

Json pod_json(const std::string& revision) {
  return {{"metadata",
           {{"name", "digits-pod"},
            {"namespace", kKey.ns},
            {"labels", revision_labels(kKey.name, revision)}}},
          {"status",
           {{"phase", "Running"},
            {"containerStatuses",
             {{{"name", "serve"},
               {"restartCount", 1},
               {"lastState", {{"terminated", {{"exitCode", 10}, {"message", "it broke"}}}}}}}}}}};
}

// A ready replica of a Deployment, as its ReplicaSet makes it; or one that somebody made in its
// likeness.
Json replica_json(const std::string& revision, const std::string& ip, bool forged = false) {
  const std::string set = deployment_name(forged ? "other" : kKey.name, revision) + "-5d4f";
  return {{"metadata",
           {{"name", set + "-" + ip},
            {"namespace", kKey.ns},
            {"labels", revision_labels(kKey.name, revision)},
            {"ownerReferences",
             {{{"apiVersion", "apps/v1"},
               {"kind", "ReplicaSet"},
               {"name", set},
               {"uid", set},
               {"controller", true}}}}}},
          {"status",
           {{"phase", "Running"},
            {"podIP", ip},
            {"conditions", {{{"type", "Ready"}, {"status", "True"}}}}}}};
}

std::string replica_ip(size_t deployment, int replica) {
  return "10.0." + std::to_string(deployment) + "." + std::to_string(replica);
}

// Every Deployment gets the replicas that it wants, ready.
void live(PlanWorld& world) {
  for (const auto& object : world.api().all(kube::kDeployments)) {
    const Json* wanted = base::find(object, "/spec/replicas");
    if (wanted == nullptr) continue;
    world.api().set_status(kube::kDeployments, kube::decode_meta(object).key(),
                           {{"replicas", *wanted}, {"readyReplicas", *wanted}});
  }
}

Json any_spec(State& state) {
  Json spec = {{"model", {{"uri", "s3://models/digits/" + std::to_string(below(2))}}},
               {"replicas", below(4)}};
  if (maybe(3)) {
    spec["model"] = {{"trainingJob", "digits"}};
    if (maybe())
      state.trained =
          TrainedModel{.complete = maybe(), .failed = maybe(), .uri = "s3://m/1", .digest = "d"};
  }
  if (maybe()) {
    const int min = below(3);
    spec["scaling"] = {{"min", min}, {"max", 1 + min + below(5)}, {"target", {{"concurrency", 2}}}};
  }
  if (maybe(3)) spec["storage"] = {{"endpoint", "http://store:7070"}};
  if (maybe(10)) spec["model"] = {{"uri", "s3://m/1"}, {"trainingJob", "digits"}};
  return spec;
}

std::optional<autoscale::Load> any_load() {
  if (maybe(4)) return std::nullopt;
  return autoscale::Load{.mean = 1.0 * below(20),
                         .recent = 1.0 * below(20),
                         .peak = 1.0 * below(20),
                         .waiting = maybe(4) ? below(30) : 0,
                         .complete = maybe(),
                         .idle = std::chrono::seconds(below(600)),
                         .seen_request = maybe()};
}

void any_children(State& state) {
  std::vector<std::string> revisions{"old", "older"};
  if (const auto wanted = wanted_revision(state); !wanted.empty()) revisions.push_back(wanted);
  for (const auto& revision : revisions) {
    if (maybe()) continue;
    const int wanted = below(5);
    state.deployments.push_back({revision, wanted, below(wanted + 1), maybe()});
    for (int i = 0; i < state.deployments.back().ready; ++i)
      if (maybe())
        state.in_flight[replica_ip(state.deployments.size() - 1, i) + ":8080"] = 1 + below(3);
  }
  const auto any_revision = [&] { return revisions[below(static_cast<int>(revisions.size()))]; };
  if (maybe(4)) state.replicas_seen = 3;
  if (maybe()) state.points_to = any_revision();
  if (maybe(4)) state.troubled = any_revision();
  state.policy = maybe();
  state.edited = maybe(4);
  for (const auto& revision : revisions)
    if (maybe()) state.egress.push_back(revision);
}

}  // namespace

int below(int end) { return *rc::gen::inRange(0, end); }
bool maybe(int one_in) { return below(one_in) == 0; }

Json service_json(Json spec) {
  return {{"apiVersion", "cresset.dev/v1alpha1"},
          {"kind", "ModelService"},
          {"metadata",
           {{"name", kKey.name}, {"namespace", kKey.ns}, {"uid", "owner"}, {"generation", 1}}},
          {"spec", std::move(spec)}};
}

std::string wanted_revision(const State& state) {
  const auto service = service_of(state);
  const Resolved resolved = resolve_model(service, state.trained);
  return resolved.model && service.spec_error.empty() ? revision_of(service.spec, *resolved.model)
                                                      : "";
}

std::unique_ptr<PlanWorld> make(const State& state) {
  auto world = std::make_unique<PlanWorld>(kNow);
  world->seed(kube::kModelServices, state.service);
  const auto service = service_of(state);
  seed_lookalikes(*world, state, service);
  for (const auto& wish : state.deployments) {
    Json object =
        make_deployment(service, {"s3://m/1", "", ""}, wish.revision, wish.wanted, kSettings);
    if (!wish.limits_egress) object["metadata"].erase("annotations");
    object["status"] = {{"replicas", wish.wanted}, {"readyReplicas", wish.ready}};
    world->seed(kube::kDeployments, object);
    for (int i = 0; i < state.replicas_seen && i < wish.ready; ++i)
      world->seed(kube::kPods,
                  replica_json(wish.revision, replica_ip(&wish - state.deployments.data(), i)));
    if (state.replicas_seen > 0)
      world->seed(kube::kPods, replica_json(wish.revision, "10.9.9.9", true));
  }
  if (state.points_to)
    world->seed(kube::kServices, edited(state, make_service(service, *state.points_to)));
  if (state.policy)
    world->seed(kube::kNetworkPolicies, edited(state, make_network_policy(service, kSettings)));
  for (const auto& revision : state.egress)
    world->seed(kube::kNetworkPolicies,
                edited(state, make_egress_policy(service, revision, Json::array())));
  if (!state.troubled.empty()) world->seed(kube::kPods, pod_json(state.troubled));
  for (const auto& kind : state.namesakes)
    world->seed(kind, {{"metadata", {{"name", child_name_of(kind, state)}, {"namespace", kKey.ns}}},
                       {"spec", {{"theirs", true}}}});
  return world;
}

std::optional<Plan> plan_in(PlanWorld& world, const State& state) {
  const auto object = world.api().find(kube::kModelServices, kKey);
  if (!object) return std::nullopt;
  runtime::Store<Child> deployments, services, policies;
  runtime::Store<Pod> pods;
  for (auto* store : {&deployments, &policies})
    store->add_index(kByOwner, [](const Child& child) { return owner_of(child.meta); });
  pods.add_index(kByService, [](const Pod& pod) { return service_of(pod.meta); });
  world.fill(deployments, kube::kDeployments, decode_deployment_child);
  world.fill(services, kube::kServices, decode_child);
  world.fill(policies, kube::kNetworkPolicies, decode_child);
  world.fill(pods, kube::kPods, decode_pod);
  const auto service = *crds::decode_model_service(*object);
  Observed observed = observe(service, {deployments, services, policies, pods});
  observed.trained = state.trained;
  observed.in_flight = state.in_flight;
  if (service.spec.scaling) observed.load = state.load;
  return plan(service, observed, kSettings, kNow);
}

Subject subject_of(const State& state) {
  return {.resource = kube::kModelServices,
          .owner = kKey,
          .make = [state] { return make(state); },
          .plan = [state](PlanWorld& world) { return plan_in(world, state); },
          .live = live};
}

State any_state() {
  State state;
  state.service = service_json(any_spec(state));
  if (maybe(4))
    state.service["status"]["model"] = {
        {"uri", "s3://m/0"}, {"digest", "c"}, {"trainingJob", maybe() ? "digits" : "letters"}};
  state.load = any_load();
  any_children(state);
  if (maybe()) return state;
  // The status of an earlier pass, which the spec may have left behind.
  if (const auto before = plan_in(*make(state), state); before && before->status)
    state.service["status"] = *before->status;
  state.service["spec"]["replicas"] = below(4);
  if (maybe(4)) state.service["spec"].erase("scaling");
  state.load = any_load();
  return state;
}

State with_namesakes(State state) {
  if (!state.points_to && maybe()) state.namesakes.push_back(kube::kServices);
  if (!state.policy && maybe()) state.namesakes.push_back(kube::kNetworkPolicies);
  const std::string wanted = wanted_revision(state);
  const bool there = std::ranges::any_of(state.deployments,
                                         [&](const auto& wish) { return wish.revision == wanted; });
  if (!wanted.empty() && !there && maybe()) state.namesakes.push_back(kube::kDeployments);
  return state;
}

}  // namespace cresset::controllers::model_service
