#include "controllers/training_job/reconciler.h"

#include <algorithm>

#include "controllers/common/live.h"
#include "controllers/common/names.h"
#include "controllers/training_job/network_policy.h"
#include "controllers/training_job/plan.h"
#include "controllers/training_job/service.h"
#include "controllers/training_job/status.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::training_job {

using base::Result;
using runtime::Outcome;

namespace {

runtime::InformerOptions children_of_jobs(const kube::Resource& resource,
                                          const TrainingJobOptions& options) {
  return {.resource = resource,
          .namespaces = options.namespaces,
          .label_selector = worker_contract::kJobLabel};
}

// A changed child is its owner's business.
template <typename T>
auto wake_owner(runtime::WorkQueue& queue) {
  return [&queue](const T* before, const T* after, runtime::Priority priority) {
    const auto& meta = after != nullptr ? after->meta : before->meta;
    const auto* owner = meta.controller();
    if (owner != nullptr && owner->kind == kube::kTrainingJobs.kind)
      queue.add({meta.ns, owner->name}, priority);
  };
}

// Pods first, and what there is to say about them once they are seen: of a burst of jobs all pods
// are there before the words about any, and pods that run at once cost no word in between. A plan
// may be cut after its changes; the next pass, which the new pods wake, plans the rest.
Plan pods_before_words(Plan wanted) {
  const bool makes_pods =
      std::any_of(wanted.changes.begin(), wanted.changes.end(), [](const Change& change) {
        const auto* create = std::get_if<Create>(&change);
        return create != nullptr && create->resource == kube::kPods;
      });
  if (makes_pods && wanted.events.empty() && !wanted.status_first) wanted.status.reset();
  return wanted;
}

void put_off_status(Plan& plan, std::chrono::milliseconds time) {
  plan.status.reset();
  plan.again_after = std::min(plan.again_after.value_or(time), time);
}

}  // namespace

TrainingJobController::TrainingJobController(kube::Api& api, runtime::EventRecorder& events,
                                             TrainingJobOptions options, base::Clock& clock,
                                             base::Metrics& metrics, base::Log log)
    : api_(api),
      options_(std::move(options)),
      clock_(clock),
      log_(log),
      queue_(clock, base::system_random()),
      jobs_(api, {.resource = kube::kTrainingJobs, .namespaces = options_.namespaces},
            runtime::from_json(crds::decode_training_job), clock, base::system_random(), log_),
      pods_(api, children_of_jobs(kube::kPods, options_), decode_pod, clock, base::system_random(),
            log_),
      services_(api, children_of_jobs(kube::kServices, options_), decode_service, clock,
                base::system_random(), log_),
      network_policies_(api, children_of_jobs(kube::kNetworkPolicies, options_),
                        decode_network_policy, clock, base::system_random(), log_),
      executor_(api, events, as_seen_in(jobs_.store())),
      expectations_(clock, &metrics.gauge("cresset_awaited_objects",
                                          "Objects whose caches do not show yet what was written",
                                          {{"controller", "trainingjob"}})),
      controller_(
          {.name = "trainingjob", .kind = kube::kTrainingJobs.kind}, queue_,
          [this](const kube::ObjectKey& key) { return reconcile(key); }, clock, metrics, log_) {
  pods_.store().add_index(kByOwner, [](const Pod& pod) { return job_of_worker(pod.meta); });
  jobs_.on_change([this](const crds::TrainingJob* before, const crds::TrainingJob* after,
                         runtime::Priority priority) {
    queue_.add((after != nullptr ? after : before)->meta.key(), priority);
  });
  pods_.on_change(wake_owner<Pod>(queue_));
  services_.on_change(wake_owner<Child>(queue_));
  network_policies_.on_change(wake_owner<Child>(queue_));
}

void TrainingJobController::add_to(runtime::Manager& manager) {
  manager.add(jobs_);
  manager.add(pods_);
  manager.add(services_);
  manager.add(network_policies_);
  manager.add_after_sync(controller_);
}

Result<Outcome> TrainingJobController::reconcile(const kube::ObjectKey& key) {
  const auto job = jobs_.store().get(key);
  if (job == nullptr) {
    expectations_.forget(key);
    mends_.forget(key);
    budget_.forget(key);
    return Outcome{};
  }
  if (!knows(key.ns)) return Outcome{kRefusedPeriod};
  if (auto left = expectations_.wait_for(job->meta,
                                         [&](const Change& c) { return shows(c, job->meta.uid); }))
    return Outcome{left};
  PodSettings settings{.images = options_.images,
                       .coordination_url = options_.coordination_url,
                       .coordination_ca = options_.coordination_ca()};
  if (settings.coordination_ca.empty())
    return base::fail(base::unavailable(
        "the certificate authority of the coordination endpoint is not made yet"));
  auto all = planned(*job, settings);
  if (!all) return failed(*job, all.error());
  Plan wanted = pods_before_words(std::move(*all));
  mends_.hold_back(key, wanted, clock_.mono());
  if (wanted.status && wanted.status_can_wait)
    if (const auto left = budget_.wait(key, clock_.mono())) put_off_status(wanted, *left);
  const auto [result, done, outdated] =
      executor_.apply(std::move(wanted), kube::kTrainingJobs, job->meta);
  expectations_.note(job->meta, done, outdated);
  mends_.note(key, done, clock_.mono());
  if (!result) return failed(*job, result.error());
  if (done.status && done.status_can_wait)
    budget_.used(key, clock_.mono());
  else if (done.status)
    budget_.forget(key);
  return Outcome{done.again_after};
}

Result<Plan> TrainingJobController::planned(const crds::TrainingJob& job,
                                            const PodSettings& settings) {
  Observed observed = observe(job, pods_.store(), services_.store(), network_policies_.store(),
                              options_.reports_of);
  Plan made = plan(job, observed, settings, clock_.wall());
  if (!made.wants_template) return made;
  CRESSET_TRY(service,
              find_live(api_, kube::kServices, {job.meta.ns, service_name(job.meta.name)}));
  take_live_service(observed, service ? &*service : nullptr, job.meta.uid);
  return plan(job, observed, settings, clock_.wall());
}

// One of several named namespaces may refuse us while the others are looked after.
bool TrainingJobController::knows(const std::string& ns) const {
  return options_.namespaces.empty() ||
         (jobs_.knows(ns) && pods_.knows(ns) && services_.knows(ns) && network_policies_.knows(ns));
}

bool TrainingJobController::shows(const Change& change, const base::Uid& job) const {
  const auto child = [this](const auto& one) {
    const auto& informer = one.resource == kube::kServices ? services_ : network_policies_;
    return informer.store().get(one.key);
  };
  if (const auto* made = std::get_if<Create>(&change)) {
    if (!(made->resource == kube::kPods))
      return controllers::shows(child(*made).get(), change, job);
    const auto pod = pods_.store().get(made->key);
    return pod != nullptr && is_owned_by(pod->meta, job);
  }
  if (const auto* mended = std::get_if<Patch>(&change)) {
    // It has a spec only while there is something to mend.
    const auto seen = child(*mended);
    return seen == nullptr || seen->spec.is_null() || controllers::shows(seen.get(), change, job);
  }
  const auto* gone = std::get_if<Delete>(&change);
  if (gone == nullptr || !(gone->resource == kube::kPods)) return true;
  const auto pod = pods_.store().get(gone->key);
  return pod == nullptr || pod->meta.uid != gone->uid || pod->going();
}

Result<Outcome> TrainingJobController::failed(const crds::TrainingJob& job,
                                              const base::Error& error) {
  if (base::is_invalid(error) || base::is_forbidden(error) || base::is_already_exists(error))
    return refused(job, error);
  return base::fail(error);
}

// The API server will not have what the spec asks for (a bad template, a quota, Pod Security), or
// somebody else holds a name: the owner is told in words, and it is tried again later, since
// quotas, policies and names change.
Result<Outcome> TrainingJobController::refused(const crds::TrainingJob& job,
                                               const base::Error& error) {
  auto status = job.status;
  const auto now = clock_.wall();
  set(status, kRunning, false, kReasonRefused, error.message().substr(0, 1024), job, now);
  status.observed_generation = job.meta.generation;
  Plan told;
  told.status = status_news(job.status, std::move(status), now).write;
  if (told.status)
    told.events.push_back({runtime::EventType::kWarning, kReasonRefused, "CreateWorkers",
                           error.message().substr(0, 1024)});
  const auto [result, done, outdated] =
      executor_.apply(std::move(told), kube::kTrainingJobs, job.meta);
  expectations_.note(job.meta, done, outdated);
  CRESSET_CHECK(result);
  if (base::is_already_exists(error)) return Outcome{kHeldNamePeriod};
  return base::fail(base::unavailable("refused by the API server: " + error.message()));
}

}  // namespace cresset::controllers::training_job
