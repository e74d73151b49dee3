#pragma once
// World: a ModelService with its children in memory, on which plans are carried out the way the
// Executor and an API server would. For tests of plans; one thread.

#include "controllers/model_service/plan.h"

namespace cresset::controllers::model_service {

struct World {
  crds::ModelService service;
  Observed observed;
  ServingSettings settings{.images = {.cpu = "worker:1", .cuda = "worker-cuda:1"},
                           .gateway_url = "http://gateway",
                           .operator_namespace = "cresset-system"};
  base::WallTime now{std::chrono::hours(500000)};

  World();
  Plan look() const { return plan(service, observed, settings, now); }
  // Plans and carries out once; returns the plan.
  Plan pass();
  // Every Deployment gets the replicas it wants, ready.
  void all_ready();
  void add_deployment(const std::string& revision, int wanted, int ready);
  void add_pod(const std::string& revision, Pod pod);
  std::string wanted_revision() const;
  std::string reason(const char* condition) const;
  std::string message(const char* condition) const;
  bool holds(const char* condition) const;
  // What the replicas of a revision may reach, in place of what there was.
  void put_egress(Child policy);
  void remove_egress(const kube::ObjectKey& key);

 private:
  void carry_out(const Plan& plan);
  void put(const kube::Resource& resource, const base::Json& object);
  void merge(const Patch& patch);
  Deployment* find(const kube::ObjectKey& key);
  int uids_ = 0;
};

}  // namespace cresset::controllers::model_service
