#include "controllers/model_service/conditions.h"

namespace cresset::controllers::model_service {

using kube::ConditionStatus;

namespace {

struct Answer {
  ConditionStatus status;
  std::string reason;
  std::string message;
};

constexpr char kInvalidSpec[] = "InvalidSpec";
constexpr char kStopped[] = "Stopped";
constexpr char kLoaded[] = "Loaded";

std::string named(const crds::ServedModel& model) {
  return model.uri + (model.digest.empty() ? "" : " (" + model.digest + ")");
}

std::string what_loads(const std::string& revision, const crds::ServedModel& model) {
  return "revision " + revision + ": " + named(model);
}

std::string of(int ready, int count) {
  return std::to_string(ready) + " of " + std::to_string(count) + " replicas ready";
}

// What keeps the wanted revision from being there at all.
std::optional<Answer> hindered(const Findings& found) {
  if (!found.invalid.empty()) return Answer{ConditionStatus::kFalse, kInvalidSpec, found.invalid};
  if (!found.resolved.model)
    return Answer{ConditionStatus::kFalse, found.resolved.reason, found.resolved.message};
  return std::nullopt;
}

Answer loaded(const Findings& found, bool loaded_before) {
  if (auto why = hindered(found)) return *why;
  const std::string what = what_loads(found.wanted, *found.resolved.model);
  if (found.wanted_ready > 0) return {ConditionStatus::kTrue, kLoaded, what};
  if (!found.trouble.reason.empty())
    return {ConditionStatus::kFalse, found.trouble.reason, found.trouble.message};
  if (found.wanted_count == 0) {
    // A replica that has left has shown that the model loads, if it was of this revision.
    if (loaded_before) return {ConditionStatus::kTrue, kLoaded, what};
    return {ConditionStatus::kUnknown, kStopped, "no replica has loaded " + what};
  }
  return {ConditionStatus::kUnknown, "Loading", "a replica is being started for " + what};
}

Answer ready(const Findings& found, bool load_failed) {
  if (found.serving_ready > 0)
    return {ConditionStatus::kTrue, "Serving", of(found.serving_ready, found.count)};
  if (auto why = hindered(found)) return *why;
  if (load_failed) return {ConditionStatus::kFalse, found.trouble.reason, found.trouble.message};
  if (found.count == 0 && found.scaled)
    return {ConditionStatus::kTrue, kIdle, "no replica runs; the next request starts one"};
  if (found.count == 0) return {ConditionStatus::kFalse, kStopped, "spec.replicas is 0"};
  return {ConditionStatus::kFalse, "Starting", of(0, found.count)};
}

Answer rolled_out(const Findings& found) {
  if (auto why = hindered(found)) return *why;
  if (found.serving != found.wanted)
    return {ConditionStatus::kFalse, "RollingOut",
            "revision " + found.wanted + ": " + of(found.wanted_ready, found.wanted_count) +
                "; revision " + found.serving + " answers meanwhile" +
                (found.trouble.message.empty() ? "" : ": " + found.trouble.message)};
  if (found.revisions > 1)
    return {ConditionStatus::kFalse, "RollingOut", "an older revision is being taken away"};
  return {ConditionStatus::kTrue, kRolledOut, "only revision " + found.wanted + " is there"};
}

Answer idle(const Findings& found) {
  if (found.invalid.empty() && found.resolved.model && found.count == 0 && found.scaled)
    return {ConditionStatus::kTrue, kIdle, "no request for spec.scaling.idleSeconds"};
  return {ConditionStatus::kFalse, "Active", "replicas are wanted, or none can be"};
}

}  // namespace

void set_conditions(std::vector<kube::Condition>& conditions, const Findings& found,
                    int64_t generation, base::WallTime now) {
  const auto set = [&](const char* type, const Answer& answer) {
    kube::set_condition(conditions,
                        {.type = type,
                         .status = answer.status,
                         .reason = answer.reason,
                         .message = answer.message,
                         .observed_generation = generation},
                        now);
  };
  const Answer model = loaded(found, has_loaded(conditions, found.wanted, found.resolved.model));
  set(kReady, ready(found, model.status == ConditionStatus::kFalse));
  set(kModelLoaded, model);
  set(kRolledOut, rolled_out(found));
  set(kIdle, idle(found));
}

bool has_loaded(const std::vector<kube::Condition>& conditions, const std::string& revision,
                const std::optional<crds::ServedModel>& model) {
  const kube::Condition* found = kube::find_condition(conditions, kModelLoaded);
  return model && found != nullptr && found->status == ConditionStatus::kTrue &&
         found->message == what_loads(revision, *model);
}

std::string state_of(const std::vector<kube::Condition>& conditions) {
  const kube::Condition* ready = kube::find_condition(conditions, kReady);
  const kube::Condition* model = kube::find_condition(conditions, kModelLoaded);
  if (ready != nullptr && ready->reason == kRefused) return "Failed";
  if (ready == nullptr || model == nullptr) return "Starting";
  if (model->reason == kInvalidSpec) return "Invalid";
  if (ready->status == ConditionStatus::kTrue) {
    if (kube::is_true(conditions, kIdle)) return "Idle";
    return kube::is_true(conditions, kRolledOut) ? "Ready" : "RollingOut";
  }
  if (ready->reason == kStopped) return "Stopped";
  if (model->status != ConditionStatus::kFalse) return "Starting";
  return model->reason == "WaitingForTrainingJob" || model->reason == "TrainingJobNotFound"
             ? "Waiting"
             : "Failed";
}

}  // namespace cresset::controllers::model_service
