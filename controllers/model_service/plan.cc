#include "controllers/model_service/plan.h"

#include <algorithm>

#include "controllers/common/mend.h"
#include "controllers/model_service/deployment.h"
#include "controllers/model_service/egress.h"
#include "controllers/model_service/revision.h"
#include "controllers/model_service/scale.h"
#include "controllers/model_service/service.h"
#include "controllers/model_service/status.h"
#include "controllers/model_service/trouble.h"
#include "controllers/model_service/victims.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::model_service {

using base::Json;
using runtime::EventType;

namespace {

// The decider looks again once a second while replicas run; a sleeping service is woken by
// LoadBoard.
constexpr std::chrono::milliseconds kTick{1000};

class Planner {
 public:
  Planner(const crds::ModelService& service, const Observed& observed,
          const ServingSettings& settings)
      : service_(service), observed_(observed), settings_(settings) {}

  Plan make(base::WallTime now) {
    decide();
    if (service_.spec_error.empty())
      change_children();
    else
      keep_all();
    report(now);
    if (service_.spec.scaling && !wanted_.empty() && scale_.count > 0) plan_.again_after = kTick;
    return std::move(plan_);
  }

 private:
  void decide() {
    before_ = serving_revision(observed_.service);
    serving_ = before_;
    old_ = observed_.deployment(before_);
    if (!service_.spec_error.empty()) {
      scale_.count = old_ == nullptr ? 0 : old_->wanted;
      return;
    }
    resolved_ = resolve_model(service_, observed_.trained);
    if (resolved_.model) wanted_ = revision_of(service_.spec, *resolved_.model);
    new_ = observed_.deployment(wanted_);
    current_ = old_ != nullptr ? old_ : new_;
    // An idle service shows that its new revision loads before it turns to it.
    const bool rolling = old_ != nullptr && old_ != new_;
    const bool loaded = (new_ != nullptr && new_->ready > 0) ||
                        has_loaded(service_.status.conditions, wanted_, resolved_.model);
    scale_ = decide_scale(service_, current_, observed_.load, !rolling && !loaded);
    wanted_count_ = scale_.count;
    if (rolling && service_.spec.scaling) wanted_count_ = std::max(1, wanted_count_);
    if (!wanted_.empty() && (!rolling || may_turn())) serving_ = wanted_;
    if (serving_ == wanted_) wanted_count_ = scale_.count;
  }

  bool may_turn() const {
    const int ready = new_ == nullptr ? 0 : new_->ready;
    return ready >= std::min(wanted_count_, std::max(1, old_->ready));
  }

  void change_children() {
    if (!wanted_.empty()) {
      keep(kube::kNetworkPolicies, observed_.policy.get(),
           make_network_policy(service_, settings_));
      if (new_ == nullptr)
        start_revision();
      else
        scale(*new_, wanted_count_);
    }
    if (old_ != nullptr && old_ != new_ && serving_ == before_) scale(*old_, scale_.count);
    if (!serving_.empty()) turn_service();
    take_away();
    if (current_ != nullptr && current_->wanted != scale_.count) tell_scaling();
  }

  void start_revision() {
    keep_egress(wanted_, egress_rules(service_, resolved_.model->uri));
    create(kube::kDeployments,
           make_deployment(service_, *resolved_.model, wanted_, wanted_count_, settings_));
    tell(EventType::kNormal, "RevisionStarted", "CreateDeployment",
         "revision " + wanted_ + " serves " + resolved_.model->uri + " with " +
             std::to_string(wanted_count_) + " replicas");
  }

  void scale(const Deployment& deployment, int count) {
    if (deployment.wanted == count) return;
    for (auto& mark : mark_victims(observed_, deployment, count))
      plan_.changes.push_back(std::move(mark));
    plan_.changes.push_back(Patch{kube::kDeployments,
                                  deployment.meta.key(),
                                  deployment.meta.uid,
                                  {{"spec", {{"replicas", count}}}}});
  }

  void turn_service() {
    // One that turns to another revision, than was told last, does not only put back.
    const bool turns = serving_ != before_ && serving_ != service_.status.revision;
    keep(kube::kServices, observed_.service.get(), make_service(service_, serving_), !turns);
    if (!before_.empty() && turns)
      tell(EventType::kNormal, "RolledOut", "TurnService",
           "requests go to revision " + serving_ + " instead of " + before_);
  }

  bool is_kept(const std::string& revision) const {
    return !revision.empty() && (revision == wanted_ || revision == serving_);
  }

  void take_away() {
    for (const Deployment& deployment : observed_.deployments) {
      if (is_kept(deployment.revision)) {
        ++revisions_;
        existing_ += deployment.existing;
        if (const auto rules = base::parse_json(deployment.egress); rules && rules->is_array())
          keep_egress(deployment.revision, *rules);
      } else if (!deployment.meta.deleted) {
        plan_.changes.push_back(
            Delete{kube::kDeployments, deployment.meta.key(), deployment.meta.uid, std::nullopt});
      }
    }
    if (new_ == nullptr && !wanted_.empty()) ++revisions_;
    for (const auto& policy : observed_.egress)
      if (!is_kept(label_of(policy->meta, worker_contract::kRevisionLabel)) &&
          !policy->meta.deleted)
        plan_.changes.push_back(
            Delete{kube::kNetworkPolicies, policy->meta.key(), policy->meta.uid, std::nullopt});
  }

  void keep_egress(const std::string& revision, Json rules) {
    keep(kube::kNetworkPolicies, observed_.egress_of(revision),
         make_egress_policy(service_, revision, std::move(rules)));
  }

  void keep_all() {
    for (const Deployment& deployment : observed_.deployments) existing_ += deployment.existing;
  }

  void tell_scaling() {
    tell(EventType::kNormal, "Scaled", "Scale",
         "scaled from " + std::to_string(current_->wanted) + " to " + std::to_string(scale_.count) +
             ": " + scale_.words);
  }

  void report(base::WallTime now) {
    const auto ready = [&](const std::string& revision) {
      const Deployment* found = observed_.deployment(revision);
      return found == nullptr ? 0 : found->ready;
    };
    const Findings findings{.invalid = service_.spec_error,
                            .resolved = resolved_,
                            .wanted = wanted_,
                            .serving = serving_,
                            .count = scale_.count,
                            .scaled = service_.spec.scaling.has_value(),
                            .wanted_count = wanted_count_,
                            .wanted_ready = ready(wanted_),
                            .serving_ready = ready(serving_),
                            .existing = existing_,
                            .revisions = revisions_,
                            .trouble = trouble_of_revision(observed_, wanted_)};
    const auto status = make_status(service_, findings, scale_, settings_, now);
    if (status == service_.status) return;
    plan_.status = crds::encode(status);
    // The reason is written before the count: after it, the next pass would find nothing to
    // explain. A reason that is there already can wait, for what is refused.
    plan_.status_first = status.scaling != service_.status.scaling;
    tell_failure(status);
  }

  void tell_failure(const crds::ModelServiceStatus& status) {
    const auto* before = kube::find_condition(service_.status.conditions, kModelLoaded);
    const auto* after = kube::find_condition(status.conditions, kModelLoaded);
    if (after->status != kube::ConditionStatus::kFalse) return;
    if (before != nullptr && before->reason == after->reason && before->message == after->message)
      return;
    const std::string& reason = after->reason;
    const bool waiting = reason.starts_with("TrainingJobNot") || reason.starts_with("Waiting");
    tell(waiting ? EventType::kNormal : EventType::kWarning, reason, "LoadModel",
         after->message.str().substr(0, kMaxNote));
  }

  // `found` is ours, or nullptr; whoever else has the name keeps it.
  void keep(const kube::Resource& resource, const Child* found, Json wanted, bool can_wait = true) {
    if (found == nullptr) return create(resource, std::move(wanted));
    if (Json patch = mend(found->spec, wanted["spec"]); !patch.is_null())
      plan_.changes.push_back(Patch{.resource = resource,
                                    .key = found->meta.key(),
                                    .uid = found->meta.uid,
                                    .patch = {{"spec", std::move(patch)}},
                                    .can_wait = can_wait});
  }
  void create(const kube::Resource& resource, Json object) {
    kube::ObjectKey key{service_.meta.ns, object["metadata"]["name"]};
    plan_.changes.push_back(Create{resource, std::move(key), std::move(object)});
  }
  void tell(EventType type, std::string reason, std::string action, std::string note) {
    plan_.events.push_back({type, std::move(reason), std::move(action), std::move(note)});
  }

  const crds::ModelService& service_;
  const Observed& observed_;
  const ServingSettings& settings_;
  Plan plan_;
  Resolved resolved_;
  Scale scale_;
  std::string wanted_;   // the revision that the spec asks for; "" when it cannot be known yet
  std::string before_;   // the revision that the Service points to
  std::string serving_;  // that it points to after this plan
  const Deployment* old_ = nullptr;
  const Deployment* new_ = nullptr;
  const Deployment* current_ = nullptr;  // whose replicas are counted
  int wanted_count_ = 0;
  int existing_ = 0;
  int revisions_ = 0;
};

}  // namespace

Plan plan(const crds::ModelService& service, const Observed& observed,
          const ServingSettings& settings, base::WallTime now) {
  if (service.meta.deleted) return {};
  Plan made = Planner(service, observed, settings).make(now);
  made.look_at_owner = service.status.observed_generation > 0;
  return made;
}

}  // namespace cresset::controllers::model_service
