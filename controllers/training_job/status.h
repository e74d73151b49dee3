#pragma once
// The status of a TrainingJob from what was decided and reported: conditions, the display word,
// progress. Reasons are constants, or causes of crds/failure_policy.h. Progress (step, loss, ready
// workers, …) is news only every kProgressPeriod, so that a running job costs few writes (and less
// often when all jobs together would write too much: progress_budget.h); transitions are news at
// once. Pure.
//
// What a job believes of its own status, which may have been wiped, set back or forged: an end
// (Complete, Failed, with its time and model), because it is written before its grounds go and
// cannot be decided anew without them; and the counts of which nothing else keeps a record
// (restarts in all their budgets, disruptions, the attempts of a round's members). The round counts
// as begun only while its members are there, and never below what a worker has reported (round.h);
// the start lies between the job's making and now; the digest of the template, where there is one
// (kept_template.h). Everything else is made anew in each pass, whatever it says. Only the operator
// may write a status (helm/cresset/templates/rbac.yaml gives the verb to nobody else).

#include <chrono>
#include <optional>
#include <string>

#include "controllers/training_job/fall.h"

namespace cresset::controllers::training_job {

inline constexpr std::chrono::seconds kProgressPeriod{10};

inline constexpr char kSuspended[] = "Suspended";
inline constexpr char kRunning[] = "Running";
inline constexpr char kRestarting[] = "Restarting";
inline constexpr char kComplete[] = "Complete";
inline constexpr char kFailed[] = "Failed";

// Reasons of Running=False of a job that may have no pods and no template yet.
inline constexpr char kReasonRefused[] = "Refused";
inline constexpr char kReasonSuspended[] = "Suspended";

// Sets one condition; transition times move only when the status changes.
void set(crds::TrainingJobStatus& status, const char* type, bool is_true, const std::string& reason,
         const std::string& message, const crds::TrainingJob& job, base::WallTime now);

// Running=False with the scheduler's or the kubelet's words, or Running=True.
void describe_running(crds::TrainingJobStatus& status, const crds::TrainingJob& job,
                      const Group& group, bool broken, const RoundEnd& end, base::WallTime now);
// Step, loss, metrics, checkpoint from worker 0's report of the current round.
void take_progress(crds::TrainingJobStatus& status, const worker_contract::JobReports& reports);
// Model, metrics and last step from worker 0's last words, which survive an operator that was away.
void take_result(crds::TrainingJobStatus& status, const Pod& worker);

// Complete, Failed, Suspended, Restarting, Running or Pending.
std::string display_state(const crds::TrainingJobStatus& status);

// What to write: nothing when `next` says nothing new, or only progress and that too early;
// `again_after` then tells when it is due. That a template has a digest, or a round attempts, where
// it had none is no news of its own, so that a newer operator writes nothing for it; unless the
// attempts are needed (`with_attempts`), because pods change.
struct StatusNews {
  std::optional<base::Json> write;
  bool only_progress = false;
  std::optional<std::chrono::milliseconds> again_after;
};
StatusNews status_news(const crds::TrainingJobStatus& before, crds::TrainingJobStatus next,
                       base::WallTime now, bool with_attempts = false);

}  // namespace cresset::controllers::training_job
