#include "tests/unit/controllers/training_job/fixture.h"

#include "controllers/training_job/network_policy.h"
#include "controllers/training_job/service.h"
#include "controllers/training_job/status.h"
#include "crds/worker_contract/group.h"
#include "crds/worker_contract/names.h"

namespace cresset::controllers::training_job {

using base::Json;

namespace {

std::string ago(int seconds) { return base::format_time(kNow - std::chrono::seconds(seconds)); }

}  // namespace

Json job_json(const Json& spec) {
  Json object = {
      {"apiVersion", "cresset.dev/v1alpha1"},
      {"kind", "TrainingJob"},
      {"metadata", {{"name", "digits"}, {"namespace", "team"}, {"uid", "job"}, {"generation", 1}}},
      {"spec",
       {{"workers", {{"count", 2}}},
        {"training", {{"data", {{"train", {{"uri", "s3://data/points.csv"}}}, {"label", "side"}}}}},
        {"output", {{"uri", "s3://models/points"}}}}}};
  object["spec"].merge_patch(spec);
  return object;
}

crds::TrainingJob job_of(const Json& object) { return *crds::decode_training_job(object); }

Json pod_json(const PodWish& wish) {
  Json pod = {{"metadata",
               {{"name", pod_name("digits", wish.index, wish.attempt)},
                {"namespace", "team"},
                {"uid", wish.uid()},
                {"creationTimestamp", ago(wish.made_seconds_ago)},
                {"labels",
                 {{worker_contract::kJobLabel, "digits"},
                  {worker_contract::kIndexLabel, std::to_string(wish.index)},
                  {kAttemptLabel, std::to_string(wish.attempt)}}},
                {"ownerReferences",
                 {{{"apiVersion", "cresset.dev/v1alpha1"},
                   {"kind", "TrainingJob"},
                   {"name", wish.owner == "job" ? "digits" : "other"},
                   {"uid", wish.owner},
                   {"controller", true}}}}}},
              {"status", {{"phase", wish.phase}}}};
  if (wish.owner != "job") pod["metadata"]["name"] = "other-" + wish.uid();
  if (wish.going) pod["metadata"]["deletionTimestamp"] = ago(1);
  if (wish.phase == "Running") pod["status"]["podIP"] = "10.0.0." + std::to_string(wish.index + 1);
  if (!wish.scheduler_words.empty())
    pod["status"]["conditions"] = {
        {{"type", "PodScheduled"}, {"status", "False"}, {"message", wish.scheduler_words}}};
  if (!wish.disruption.empty())
    pod["status"]["conditions"].push_back(
        {{"type", "DisruptionTarget"}, {"status", "True"}, {"reason", wish.disruption}});
  if ((wish.phase == "Failed" || wish.phase == "Succeeded") && wish.exit_code >= 0)
    pod["status"]["containerStatuses"] = {{{"name", "worker"},
                                           {"restartCount", 0},
                                           {"state",
                                            {{"terminated",
                                              {{"exitCode", wish.exit_code},
                                               {"reason", !wish.ended_by.empty() ? wish.ended_by
                                                          : wish.exit_code == 0  ? "Completed"
                                                                                 : "Error"},
                                               {"message", wish.last_words},
                                               {"finishedAt", ago(wish.ended_seconds_ago)}}}}}}};
  return pod;
}

std::shared_ptr<const Pod> pod_of(const PodWish& wish) {
  return std::make_shared<const Pod>(*decode_pod(pod_json(wish)));
}

void add_children(Observed& observed, const crds::TrainingJob& job) {
  observed.service = std::make_shared<const Child>(
      *decode_service(make_service(job, base::dump(render_template(job, kSettings)))));
  observed.network_policy =
      std::make_shared<const Child>(*decode_child_meta(make_network_policy(job)));
}

worker_contract::WorkerReport report(const PodWish& pod, int round,
                                     worker_contract::WorkerState state, int seconds_ago) {
  worker_contract::WorkerReport told{.pod = base::Uid(pod.uid()),
                                     .received = kNow - std::chrono::seconds(seconds_ago)};
  told.progress.round = round;
  told.progress.state = state;
  told.progress.step = 120;
  told.progress.total_steps = 500;
  return told;
}

void put_round(crds::TrainingJob& job, int round, const std::vector<PodWish>& members) {
  std::vector<int> indices;
  std::map<int, base::Uid> uids;
  for (const auto& member : members) {
    indices.push_back(member.index);
    uids[member.index] = base::Uid(member.uid());
  }
  job.status.round = round;
  job.status.members = worker_contract::format_members(indices);
  job.status.members_digest = worker_contract::members_digest(uids);
  std::string attempts;
  for (const auto& member : members)
    if (member.attempt > 0)
      attempts += (attempts.empty() ? "" : ",") + std::to_string(member.index) + ":" +
                  std::to_string(member.attempt);
  job.status.attempts = attempts;
  job.status.world_size = static_cast<int>(members.size()) * job.config.processes_per_worker;
  job.status.start_time = kNow - std::chrono::seconds(600);
  set(job.status, kRunning, true, "WorkersRunning", "", job, kNow);
}

}  // namespace cresset::controllers::training_job
