#include "controllers/model_service/scale.h"

#include <algorithm>

namespace cresset::controllers::model_service {

namespace {

crds::ScalingStatus in_status(const autoscale::Decision& decision, std::string words) {
  const autoscale::Reason& reason = decision.reason;
  return {.desired = decision.count,
          .cause = std::string(autoscale::to_string(reason.cause)),
          .window_mean = reason.mean,
          .target = reason.target,
          .queue = reason.queue,
          .min = reason.min,
          .max = reason.max,
          .kept = reason.kept,
          .message = std::move(words)};
}

}  // namespace

const autoscale::Metric& metric_of(const crds::ScalingSpec& scaling) {
  return *autoscale::find_metric(scaling.metric);
}

autoscale::WindowShape scaling_window(const crds::ScalingSpec& scaling) {
  return {.stable = std::chrono::seconds(scaling.window_seconds),
          .stale_after = metric_of(scaling).stale_after};
}

autoscale::Policy scaling_policy(const crds::ScalingSpec& scaling) {
  return {.target = scaling.target,
          .min = scaling.min,
          .max = scaling.max,
          .window = std::chrono::seconds(scaling.window_seconds),
          .idle = std::chrono::seconds(scaling.idle_seconds)};
}

Scale decide_scale(const crds::ModelService& service, const Deployment* current,
                   const std::optional<autoscale::Load>& load, bool unproven) {
  const auto& spec = service.spec;
  if (!spec.scaling) {
    return {spec.replicas, std::nullopt, "spec.replicas is " + std::to_string(spec.replicas)};
  }
  autoscale::Replicas replicas;
  if (current != nullptr) {
    replicas.wanted = current->wanted;
    replicas.ready = std::min(current->ready, current->wanted);
    replicas.starting = current->wanted - replicas.ready;
  }
  autoscale::Policy policy = scaling_policy(*spec.scaling);
  if (unproven) policy.min = std::max(1, policy.min);
  const autoscale::Decision decision = autoscale::decide(policy, replicas, load);
  std::string words = autoscale::in_words(decision.reason, policy, metric_of(*spec.scaling).words);

  Scale scale{decision.count, std::nullopt, words};
  const auto& before = service.status.scaling;
  const bool unchanged = before && before->desired == decision.count && current != nullptr &&
                         current->wanted == decision.count;
  scale.status = unchanged ? *before : in_status(decision, std::move(words));
  return scale;
}

}  // namespace cresset::controllers::model_service
