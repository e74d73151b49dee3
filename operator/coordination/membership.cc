#include "operator/coordination/membership.h"

#include "crds/worker_contract/group.h"
#include "crds/worker_contract/names.h"
#include "operator/base/address.h"
#include "operator/coordination/certificates.h"

namespace cresset::coordination {

namespace {

std::string address_of(const std::string& ip) {
  return base::host_and_port(ip, worker_contract::kStorePort);
}

}  // namespace

Group::Group(JobView job, const std::vector<WorkerPod>& pods, const std::string& group_key)
    : job_(std::move(job)) {
  for (const auto& pod : pods) pods_[pod.uid] = pod;
  set_round(group_key);
}

void Group::set_round(const std::string& group_key) {
  if (job_.round <= 0) {
    waiting_for_ = "the first round has not begun";
    return;
  }
  const auto members = worker_contract::parse_members(job_.members);
  if (!members || members->empty() || job_.world_size % static_cast<int>(members->size()) != 0) {
    waiting_for_ = "the status names no members that fit the world size";
    return;
  }
  std::map<int, const WorkerPod*> by_index;
  for (const auto& [uid, pod] : pods_)
    if (auto& seen = by_index[pod.index]; seen == nullptr || seen->ending) seen = &pod;
  std::map<int, base::Uid> uids;
  for (const int index : *members)
    if (by_index.contains(index)) uids[index] = by_index.at(index)->uid;
  if (uids.size() != members->size() || worker_contract::members_digest(uids) != job_.digest) {
    waiting_for_ = "a pod of round " + std::to_string(job_.round) +
                   " is gone; the next round begins when its replacement runs";
    return;
  }
  const std::string& ip = by_index.at(members->front())->ip;
  if (ip.empty()) {
    waiting_for_ = "the first worker has no address yet";
    return;
  }
  membership_ = {
      .round = job_.round,
      .world_size = job_.world_size,
      .store = address_of(ip),
      .secret = hmac_sha256(group_key, job_.uid.value() + "/" + std::to_string(job_.round)),
      .stop = job_.suspended};
  const int processes = job_.world_size / static_cast<int>(members->size());
  int position = 0;
  for (const auto& [index, uid] : uids) first_ranks_[uid] = processes * position++;
}

Answer Group::answer(const base::Uid& pod, int after) const {
  const auto found = pods_.find(pod);
  if (job_.finished) return {Standing::kGone, {}, "the job has ended"};
  if (found == pods_.end()) return {Standing::kStranger, {}, "the pod is no worker of this job"};
  if (found->second.ending) return {Standing::kGone, {}, "the pod is being removed"};
  if (first_ranks_.empty()) return {Standing::kWait, {}, waiting_for_};
  const auto rank = first_ranks_.find(pod);
  if (rank == first_ranks_.end()) return {Standing::kWait, {}, "the pod joins with the next round"};
  if (membership_.round <= after && !membership_.stop)
    return {Standing::kWait, {}, "round " + std::to_string(membership_.round) + " goes on"};
  auto membership = membership_;
  membership.first_rank = rank->second;
  return {Standing::kMember, membership, ""};
}

}  // namespace cresset::coordination
