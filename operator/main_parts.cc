#include "operator/main_parts.h"

#include <algorithm>

#include "controllers/model_service/reconciler.h"
#include "controllers/training_job/reconciler.h"
#include "controllers/training_job/status.h"
#include "operator/coordination/job_view.h"
#include "operator/coordination/server.h"
#include "operator/runtime/heap_trim.h"

namespace cresset {

namespace {

using controllers::model_service::ModelServiceController;
using controllers::model_service::TrainedModel;
using controllers::training_job::job_of_worker;
using controllers::training_job::TrainingJobController;

// Every name under which pods reach the Service "HOST.NAMESPACE.svc".
std::vector<std::string> serving_names(const OperatorOptions& options) {
  const std::string service = "cresset-operator";
  std::vector<std::string> names{service,
                                 service + "." + options.ns,
                                 service + "." + options.ns + ".svc",
                                 service + "." + options.ns + ".svc.cluster.local",
                                 "localhost",
                                 "127.0.0.1"};
  const std::string& url = options.coordination_url;
  const size_t host = url.find("://");
  if (host == std::string::npos) return names;
  std::string name = url.substr(host + 3);
  name = name.substr(0, name.find_first_of(":/"));
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  if (!options.pod_ip.empty()) names.push_back(options.pod_ip);
  return names;
}

coordination::WorkerPod view_of(const controllers::Pod& pod) {
  return coordination::worker_pod(pod.meta, pod.ip, pod.terminal());
}

TrainedModel trained_model(const crds::TrainingJob& job) {
  const auto& status = job.status;
  const auto* failed = kube::find_condition(status.conditions, "Failed");
  return {.complete = kube::is_true(status.conditions, "Complete"),
          .failed = kube::is_true(status.conditions, "Failed"),
          .uri = status.model_uri,
          .digest = status.model_digest,
          .message = failed == nullptr ? "" : failed->message};
}

}  // namespace

struct OperatorParts::Parts {
  Parts(kube::Api& api, runtime::EventRecorder& events, const OperatorOptions& options,
        const Address& address, const runtime::LeaderElection& election_in, base::Clock& clock,
        base::Metrics& metrics, base::Log log)
      : election(election_in),
        authority(api,
                  {.ns = options.ns,
                   .leader = options.pod_name,
                   .names = serving_names(options),
                   .is_leader = [this] { return election.leading(); }},
                  clock, log),
        reports(clock, controllers::training_job::kProgressPeriod,
                [this](const kube::ObjectKey& job) { jobs.look_at(job); }),
        jobs(
            api, events,
            {.images = {options.worker_image, options.worker_cuda_image, options.image_pull_policy},
             .coordination_url = options.coordination_url,
             .coordination_ca = [this] { return authority.bundle(); },
             .reports_of = [this](const base::Uid& job) { return reports.of(job); },
             .namespaces = options.namespaces},
            clock, metrics, log),
        services(api, events,
                 {.settings = {.images = {options.worker_image, options.worker_cuda_image,
                                          options.image_pull_policy},
                               .gateway_url = options.gateway_url,
                               .operator_namespace = options.ns},
                  .trained = [this](const kube::ObjectKey& key) -> std::optional<TrainedModel> {
                    const auto job = jobs.jobs().store().get(key);
                    if (job == nullptr) return std::nullopt;
                    return trained_model(*job);
                  },
                  .namespaces = options.namespaces,
                  .knows_jobs = [this](const std::string& ns) { return jobs.jobs().knows(ns); }},
                 clock, metrics, log),
        reviewer(api, clock),
        coordination({.address = address.host, .port = address.port, .ns = options.ns}, sources(),
                     authority, reviewer, reports, clock, log),
        heap(clock) {
    jobs.jobs().on_change([this](const crds::TrainingJob* before, const crds::TrainingJob* after,
                                 runtime::Priority priority) {
      const auto& meta = (after != nullptr ? after : before)->meta;
      // Deleted, or deleted and made again while nobody looked.
      if (before != nullptr && (after == nullptr || after->meta.uid != before->meta.uid))
        reports.forget(before->meta.uid);
      coordination.notify(meta.key());
      services.job_changed(meta.key(), priority);
    });
    jobs.pods().on_change([this](const controllers::Pod* before, const controllers::Pod* after) {
      const auto& meta = (after != nullptr ? after : before)->meta;
      if (const auto* owner = meta.controller()) coordination.notify({meta.ns, owner->name});
    });
  }

  coordination::CoordinationSources sources() {
    return {.job = [this](const kube::ObjectKey& key) -> std::optional<coordination::JobView> {
              const auto job = jobs.jobs().store().get(key);
              if (job == nullptr) return std::nullopt;
              return coordination::job_view(*job);
            },
            .pods =
                [this](const coordination::JobView& job) {
                  std::vector<coordination::WorkerPod> list;
                  for (const auto& pod :
                       controllers::owned_by(jobs.pods().store(), job.key.ns, job.uid))
                    list.push_back(view_of(*pod));
                  return list;
                },
            .pod = [this](const kube::ObjectKey& key) -> std::optional<coordination::WorkerPod> {
              const auto pod = jobs.pods().store().get(key);
              if (pod == nullptr || job_of_worker(pod->meta).empty()) return std::nullopt;
              return view_of(*pod);
            },
            .is_leader = [this] { return election.leading(); },
            .leader = [this] { return election.leader().address; },
            .on_load = [this](const auto& report) { services.on_load(report); }};
  }

  const runtime::LeaderElection& election;
  coordination::CertificateAuthority authority;
  coordination::Reports reports;
  TrainingJobController jobs;
  ModelServiceController services;
  coordination::TokenReviewer reviewer;
  coordination::CoordinationServer coordination;
  runtime::HeapTrim heap;
};

OperatorParts::OperatorParts(kube::Api& api, runtime::EventRecorder& events,
                             const OperatorOptions& options, const Address& coordination,
                             const runtime::LeaderElection& election, base::Clock& clock,
                             base::Metrics& metrics, base::Log log)
    : parts_(std::make_unique<Parts>(api, events, options, coordination, election, clock, metrics,
                                     log)) {}
OperatorParts::~OperatorParts() = default;

void OperatorParts::lead() { parts_->coordination.lead(); }

void OperatorParts::add_to(runtime::Manager& manager) {
  manager.add(parts_->heap);
  manager.add(parts_->coordination);
  parts_->jobs.add_to(manager);
  parts_->services.add_to(manager);
}

}  // namespace cresset
