#include "controllers/training_job/plan.h"

#include <algorithm>

#include "controllers/common/names.h"
#include "controllers/training_job/children.h"
#include "controllers/training_job/clean_up.h"
#include "controllers/training_job/deadline.h"
#include "controllers/training_job/failure_policy.h"
#include "controllers/training_job/group.h"
#include "controllers/training_job/kept_template.h"
#include "controllers/training_job/leaving.h"
#include "controllers/training_job/round.h"
#include "controllers/training_job/service.h"
#include "controllers/training_job/status.h"
#include "controllers/training_job/worker_end.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::training_job {

using base::Json;
using crds::TrainingJob;
using crds::TrainingJobStatus;
using runtime::EventType;

namespace {

// A worker 0 that is done has written the model; the others get this long to end by themselves.
constexpr std::chrono::seconds kOthersEnd{15};

class Planner {
 public:
  Planner(const TrainingJob& job, const Observed& observed, const PodSettings& settings,
          base::WallTime now)
      : job_(job),
        observed_(observed),
        settings_(settings),
        now_(now),
        group_(sort_into_group(observed, job.workers.count)),
        next_(job.status) {
    for (const auto& [index, attempt] : first_fresh(job, group_))
      group_.next_attempt[index] = std::max(group_.next_attempt[index], attempt);
    if (!group_.succeeded.contains(0) && is_broken(job, group_, observed.reports))
      group_.form_again();
  }

  Plan run() {
    if (job_.meta.deleted) return {};  // the children go with their owner
    if (job_.finished()) return after_the_end();
    begin();
    if (job_.invalid) {
      fail("InvalidSpec", job_.invalid->message());
    } else if (job_.suspend) {
      take_progress(next_, observed_.reports);
      suspend();
    } else {
      resume();
      take_progress(next_, observed_.reports);
      keep_budgets();
      const bool done = group_.succeeded.contains(0);
      if (!end_by_worker() && (done || (!end_by_deadline() && !end_by_leaving()))) keep_going();
    }
    return finish();
  }

 private:
  // As TrainingJob::finished(), of the status that is being made.
  static bool is_over(const TrainingJobStatus& status) {
    return kube::is_true(status.conditions, kComplete) || kube::is_true(status.conditions, kFailed);
  }

  void look_again(std::optional<std::chrono::milliseconds> after) {
    if (!after) return;
    const auto bounded = std::max(*after, std::chrono::milliseconds(1));
    if (!plan_.again_after || bounded < *plan_.again_after) plan_.again_after = bounded;
  }

  void tell(EventType type, const char* reason, const char* action, const std::string& note) {
    plan_.events.push_back({type, reason, action, note.substr(0, 1024)});
  }

  void delete_pod(const Pod& pod, std::optional<base::ResourceVersion> version = {}) {
    plan_.changes.push_back(
        Delete{kube::kPods, pod.meta.key(), pod.meta.uid, std::nullopt, std::move(version)});
  }
  // Of these versions those that run: one that has finished meanwhile is another matter.
  void clean_up() {
    for (const auto& pod : pods_to_clean_up(job_, observed_, group_))
      delete_pod(*pod, pod->terminal() ? std::nullopt : std::optional(pod->meta.resource_version));
  }
  std::vector<PodPtr> live_pods() const {
    std::vector<PodPtr> pods;
    for (const auto& [index, pod] : group_.live) pods.push_back(pod);
    pods.insert(pods.end(), group_.surplus.begin(), group_.surplus.end());
    return pods;
  }

  void begin() {
    next_.observed_generation = job_.meta.generation;
    next_.workers_total = job_.workers.count;
    next_.workers_ready = group_.running();
    next_.selector = std::string(worker_contract::kJobLabel) + "=" + label_value(job_.meta.name);
    const base::WallTime now = std::chrono::floor<std::chrono::seconds>(now_);
    next_.start_time = std::min(next_.start_time.value_or(now), now);
    if (job_.meta.created) next_.start_time = std::max(*next_.start_time, *job_.meta.created);
    // They follow from the pods of now: written before there are others.
    plan_.status_first = next_.round > 0 && !next_.attempts;
    keep_attempts(next_, job_, group_);
    // Told with the end, by whoever wrote it.
    next_.model_uri.clear();
    next_.model_digest.clear();
  }

  Plan after_the_end() {
    clean_up();
    if (const auto left = until_removal(job_, now_)) {
      // Of this version: a time to live that was just made longer, or taken away, holds.
      if (left->count() <= 0)
        plan_.changes.push_back(Delete{kube::kTrainingJobs, job_.meta.key(), job_.meta.uid,
                                       std::nullopt, job_.meta.resource_version});
      else
        look_again(left);
    }
    return std::move(plan_);
  }

  void end(const char* condition, const std::string& reason, const std::string& message) {
    set(next_, condition, true, reason, message, job_, now_);
    set(next_, kRunning, false, reason, "", job_, now_);
    if (kube::is_true(next_.conditions, kRestarting))
      set(next_, kRestarting, false, reason, "", job_, now_);
    next_.completion_time = std::chrono::floor<std::chrono::seconds>(now_);
    next_.members_digest.clear();
    plan_ = {.status_first = true};  // the grounds may go with the pods
    next_.workers_ready = 0;
    clean_up();
  }

  void fail(const std::string& reason, const std::string& message) {
    end(kFailed, reason, message);
    tell(EventType::kWarning, "Failed", "Fail", message);
  }

  void suspend() {
    next_.workers_ready = 0;
    for (const auto& pod : live_pods()) delete_pod(*pod);
    next_.members_digest.clear();  // the next round is a planned one
    const bool gone = group_.live.empty() && group_.going.empty() && group_.surplus.empty();
    set(next_, kRunning, false, kReasonSuspended, "", job_, now_);
    if (kube::is_true(next_.conditions, kRestarting))
      set(next_, kRestarting, false, kReasonSuspended, "", job_, now_);
    if (gone && !kube::is_true(next_.conditions, kSuspended))
      tell(EventType::kNormal, "Suspended", "Suspend",
           "all workers are gone; spec.suspend: false resumes");
    std::string leaving = late_leaver(group_, job_.workers.count, now_);
    if (leaving.empty() && !gone) leaving = "workers are leaving";
    set(next_, kSuspended, gone, "SpecSuspend", leaving, job_, now_);
    look_again(until_leaving_changes(group_, job_.workers.count, now_));
  }

  void resume() {
    if (!kube::is_true(next_.conditions, kSuspended)) return;
    set(next_, kSuspended, false, "Resumed", "", job_, now_);
    next_.start_time = std::chrono::floor<std::chrono::seconds>(now_);
  }

  void keep_budgets() {
    forget_old_rules(next_, job_.failure_policy);
    if (next_.refill(job_.failure_policy, next_.checkpoint_step))
      tell(EventType::kNormal, "RestartsRefilled", "Train",
           "a checkpoint is spec.failurePolicy.refillSteps = " +
               std::to_string(*job_.failure_policy.refill_steps) +
               " past the last restart: all restarts are allowed again");
  }

  bool end_by_worker() {
    const auto first = group_.succeeded.find(0);
    if (first != group_.succeeded.end()) {
      const auto done = first->second->details->finished.value_or(now_);
      if (!group_.live.empty() && now_ < done + kOthersEnd) {
        look_again(std::chrono::ceil<std::chrono::milliseconds>(done + kOthersEnd - now_));
        return false;
      }
      take_result(next_, *first->second);
      const std::string model =
          next_.model_uri.empty() ? "trained" : "the model is " + next_.model_uri;
      end(kComplete, "Trained", model);
      tell(EventType::kNormal, "Complete", "Complete", model);
      return true;
    }
    if (const auto failure = decide_failure(job_, next_, group_, now_)) {
      fail(failure->reason, failure->message);
      return true;
    }
    return false;
  }

  bool end_by_deadline() {
    const auto decision = decide_deadline(job_, next_, group_, now_);
    look_again(decision.again_after);
    if (decision.failure) fail(decision.failure->reason, decision.failure->message);
    return decision.failure.has_value();
  }

  bool end_by_leaving() {
    const auto failure = decide_leaving(group_, job_.workers.count, now_);
    if (failure) fail(failure->reason, failure->message);
    return failure.has_value();
  }

  void keep_going() {
    if (!survives_disruption()) return;
    keep_children();
    if (!group_.succeeded.contains(0)) keep_pods();
    const auto decision = decide_round(job_, group_, observed_.reports, now_);
    look_again(decision.again_after);
    look_again(until_leaving_changes(group_, job_.workers.count, now_));
    if (decision.next) {
      begin_round(*decision.next);
      if (is_over(next_)) return;
    }
    const bool broken = !decision.next && is_broken(job_, group_, observed_.reports);
    describe_running(next_, job_, group_, broken, why_it_fell(job_, next_, group_, broken, now_),
                     now_);
  }

  // Whether the job goes on.
  bool survives_disruption() {
    const auto paid = pay_disruption(next_, job_, group_, now_);
    if (!paid) return true;
    if (paid->failure) {
      fail(paid->failure->reason, paid->failure->message);
      return false;
    }
    plan_.status_first = true;
    tell(EventType::kNormal, "WorkerDisrupted", "ReplaceWorker", paid->words);
    return true;
  }

  void keep_children() {
    template_ = decide_template(job_, observed_, settings_);
    plan_.wants_template |= template_.unread;
    next_.template_digest = template_.digest;
    if (template_.changed_by_others)
      tell(EventType::kWarning, "TemplateChanged", "RestoreTemplate",
           "somebody changed " + std::string(kTemplateAnnotation) + " of Service " +
               service_name(job_.meta.name) + "; pods are made from the job's own template");
    keep_children_of(job_, observed_, template_, plan_.changes);
  }

  void keep_pods() {
    for (const auto& pod : group_.surplus) delete_pod(*pod);
    for (int index = 0; index < job_.workers.count; ++index) {
      if (group_.live.contains(index) || group_.going.contains(index) ||
          group_.succeeded.contains(index))
        continue;
      const auto delay = replacement_delay(group_, index, now_);
      if (delay.count() > 0)
        look_again(delay);
      else
        make_worker(index);
    }
  }

  void make_worker(int index) {
    if (plan_.wants_template) return;  // of all workers the first asks
    const int number = group_.next_attempt[index];
    if (pod_template_.is_null()) {
      auto made = template_.unread ? std::nullopt : template_of(template_, job_, settings_);
      plan_.wants_template |= !made;
      if (!made) return;
      pod_template_ = std::move(*made);
    }
    Json pod = make_pod(job_, pod_template_, index, number, settings_);
    const std::string name = pod["metadata"]["name"];
    const auto failed = group_.failed.find(index);
    if (failed != group_.failed.end() && !failed->second.back()->was_sent_away())
      tell(EventType::kWarning, "WorkerFailed", "ReplaceWorker",
           describe_end(*failed->second.back()) + "; " + name + " takes its place");
    else if (job_.status.round > 0 && !job_.status.members_digest.empty())
      tell(EventType::kWarning, "WorkerLost", "ReplaceWorker",
           "worker " + std::to_string(index) + " is gone; " + name + " takes its place");
    plan_.changes.push_back(Create{kube::kPods, {job_.meta.ns, name}, std::move(pod)});
  }

  // Why the round broke, in the words of the workers that said so.
  std::string last_reports() const {
    std::string words;
    for (const auto& [index, report] : observed_.reports)
      if (report.progress.round == job_.status.round && !report.progress.message.empty())
        words += "; worker " + std::to_string(index) + ": " + report.progress.message;
    return words.substr(0, 2048);
  }

  void begin_round(const NextRound& round) {
    const auto paid = pay(next_, job_, group_, round.cause, now_);
    if (paid.failure) {
      const bool by_report = round.cause == crds::cause::kRankEnded;
      return fail(paid.failure->reason, paid.failure->message + (by_report ? last_reports() : ""));
    }
    // The first round is news by its condition, and costs no event.
    if (job_.status.round > 0)
      tell(EventType::kNormal, "RoundStarted", "StartRound",
           "round " + std::to_string(round.round) + " with " + std::to_string(round.world_size) +
               " ranks: " + round.reason + paid.words);
    next_.round = round.round;
    next_.world_size = round.world_size;
    next_.members = round.members;
    next_.members_digest = round.digest;
    next_.attempts = attempts_of(job_, group_);
  }

  Plan finish() {
    if (plan_.wants_template) return {.wants_template = true};
    // Before a replacement is made, after which nobody could tell what it replaced.
    const bool needs_attempts =
        job_.status.round > 0 && !job_.status.attempts && !plan_.changes.empty();
    plan_.status_first |= needs_attempts;
    auto news = status_news(job_.status, std::move(next_), now_, needs_attempts);
    plan_.status = std::move(news.write);
    plan_.status_can_wait = news.only_progress;
    look_again(news.again_after);
    return std::move(plan_);
  }

  const TrainingJob& job_;
  const Observed& observed_;
  const PodSettings& settings_;
  const base::WallTime now_;
  Group group_;
  TrainingJobStatus next_;
  TemplateDecision template_;
  Json pod_template_;  // parsed when the first pod is made
  Plan plan_;
};

}  // namespace

Plan plan(const TrainingJob& job, const Observed& observed, const PodSettings& settings,
          base::WallTime now) {
  if (!job.managed_here()) return {};
  Plan made = Planner(job, observed, settings, now).run();
  made.look_at_owner = job.status.observed_generation > 0;
  return made;
}

}  // namespace cresset::controllers::training_job
