#include "controllers/training_job/status.h"

#include <cstdio>
#include <cstdlib>

#include "controllers/training_job/leaving.h"
#include "controllers/training_job/round.h"
#include "crds/worker_contract/coordination.h"

namespace cresset::controllers::training_job {

using crds::TrainingJobStatus;

namespace {

// What is written at most once in kProgressPeriod, taken out to compare the rest.
TrainingJobStatus without_progress(TrainingJobStatus status) {
  status.workers_ready = 0;
  status.step = 0;
  status.epoch = 0;
  status.loss = 0;
  status.samples_per_second.reset();
  status.remaining_seconds.reset();
  status.bad_rows.reset();
  status.metrics.clear();
  status.checkpoint_step.reset();
  status.checkpoint_time = {};
  status.progress_time = {};
  return status;
}

// The first pod that has no place or cannot start, in its own words.
std::pair<std::string, std::string> why_pending(const Group& group, int count, base::WallTime now) {
  for (const auto& [index, pod] : group.live)
    if (!pod->details->unschedulable.empty())
      return {"Unschedulable",
              "worker " + std::to_string(index) + ": " + pod->details->unschedulable};
  for (const auto& [index, pod] : group.live)
    if (!pod->details->waiting.empty())
      return {"ContainerWaiting", "worker " + std::to_string(index) + ": " + pod->details->waiting};
  if (auto late = late_leaver(group, count, now); !late.empty())
    return {"WorkerLeaving", std::move(late)};
  return {"WorkersStarting", "training starts when all " + std::to_string(count) + " workers run"};
}

// kubectl prints a number as it stands: four digits say it, the metrics keep the rest.
double for_a_column(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", number);
  return std::strtod(text, nullptr);
}

}  // namespace

void set(TrainingJobStatus& status, const char* type, bool is_true, const std::string& reason,
         const std::string& message, const crds::TrainingJob& job, base::WallTime now) {
  kube::set_condition(
      status.conditions,
      {.type = type,
       .status = is_true ? kube::ConditionStatus::kTrue : kube::ConditionStatus::kFalse,
       .reason = reason,
       .message = message,
       .observed_generation = job.meta.generation},
      now);
}

void describe_running(TrainingJobStatus& status, const crds::TrainingJob& job, const Group& group,
                      bool broken, const RoundEnd& end, base::WallTime now) {
  const int count = job.workers.count;
  const bool on = status.round > 0 && !status.members_digest.empty();
  // Workers of a group end one after the other; those that succeeded are not missed.
  const bool whole = group.running() + static_cast<int>(group.succeeded.size()) >= count;
  if (whole && on && !broken) {
    set(status, kRunning, true, "WorkersRunning",
        "round " + std::to_string(status.round) + ": " + std::to_string(count) + " workers, " +
            std::to_string(status.world_size) + " ranks",
        job, now);
    set(status, kRestarting, false, "RoundIsOn", "", job, now);
    return;
  }
  const auto [reason, message] = why_pending(group, count, now);
  set(status, kRunning, false, reason, message, job, now);
  if (on && !is_resized(status, count))
    set(status, kRestarting, true, end.cause,
        "round " + std::to_string(status.round) + " ended: " + end.words +
            "; the next one begins when all workers run",
        job, now);
}

void take_progress(TrainingJobStatus& status, const worker_contract::JobReports& reports) {
  const auto found = reports.find(0);
  if (found == reports.end() || found->second.progress.round != status.round) return;
  const auto& progress = found->second.progress;
  status.step = progress.step;
  status.total_steps = progress.total_steps;
  status.epoch = progress.epoch;
  status.loss = for_a_column(progress.loss);
  status.samples_per_second.reset();
  if (progress.samples_per_second > 0)
    status.samples_per_second = for_a_column(progress.samples_per_second);
  status.remaining_seconds = progress.remaining_seconds;
  if (progress.bad_rows) status.bad_rows = progress.bad_rows;
  if (!progress.metrics.empty()) status.metrics = progress.metrics;
  if (progress.checkpoint_step) status.checkpoint_step = progress.checkpoint_step;
  if (progress.checkpoint_time)
    if (auto time = base::parse_time(*progress.checkpoint_time))
      status.checkpoint_time = std::chrono::floor<std::chrono::seconds>(*time);
  if (progress.resumed_from_step) status.resumed_from_step = progress.resumed_from_step;
}

void take_result(TrainingJobStatus& status, const Pod& worker) {
  const auto words = worker_contract::decode_last_words(worker.details->termination_message);
  if (!words.model_uri.empty()) status.model_uri = words.model_uri;
  if (!words.model_digest.empty()) status.model_digest = words.model_digest;
  if (!words.metrics.empty()) status.metrics = words.metrics;
  if (words.step) status.step = *words.step;
}

std::string display_state(const TrainingJobStatus& status) {
  for (const char* type : {kComplete, kFailed, kSuspended, kRestarting, kRunning})
    if (kube::is_true(status.conditions, type)) return type;
  return "Pending";
}

StatusNews status_news(const TrainingJobStatus& before, TrainingJobStatus next, base::WallTime now,
                       bool with_attempts) {
  next.progress_time = before.progress_time;
  next.state = display_state(next);
  if (!kube::is_true(next.conditions, kRunning)) {
    next.samples_per_second.reset();
    next.remaining_seconds.reset();
  }
  auto digest = std::move(next.template_digest);
  next.template_digest = before.template_digest;
  const auto attempts = next.attempts;
  if (!before.attempts && !with_attempts) next.attempts.reset();
  const bool restored = !before.template_digest.empty() && digest != before.template_digest;
  if (next == before && !restored) return {};
  const bool only_progress = !restored && without_progress(next) == without_progress(before);
  if (only_progress && before.progress_time && now < *before.progress_time + kProgressPeriod)
    return {.again_after = *before.progress_time + kProgressPeriod - now};
  next.template_digest = std::move(digest);
  next.attempts = attempts;
  next.progress_time = std::chrono::floor<std::chrono::seconds>(now);
  return {.write = encode(next), .only_progress = only_progress};
}

}  // namespace cresset::controllers::training_job
