#include "operator/coordination/membership.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crds/worker_contract/group.h"

namespace cresset::coordination {
namespace {

WorkerPod pod(int index, const std::string& uid) {
  return {.name = "digits-" + std::to_string(index),
          .uid = base::Uid(uid),
          .job = base::Uid("job"),
          .index = index,
          .ip = "10.0.0." + std::to_string(index + 1)};
}

JobView job(int round, const std::vector<WorkerPod>& pods, int processes = 1) {
  std::vector<int> indices;
  std::map<int, base::Uid> uids;
  for (const auto& member : pods) {
    indices.push_back(member.index);
    uids[member.index] = member.uid;
  }
  return {.key = {"team", "digits"},
          .uid = base::Uid("job"),
          .round = round,
          .world_size = static_cast<int>(pods.size()) * processes,
          .members = worker_contract::format_members(indices),
          .digest = worker_contract::members_digest(uids)};
}

const std::vector<WorkerPod> kTwo{pod(0, "a"), pod(1, "b")};

TEST(Membership, TellsEachPodItsRanksAndAllOfThemTheSameStore) {
  const Group group(job(1, kTwo, 2), kTwo, "key");
  const Answer first = group.answer(base::Uid("a"), 0);
  const Answer second = group.answer(base::Uid("b"), 0);
  ASSERT_EQ(first.standing, Standing::kMember);
  ASSERT_EQ(second.standing, Standing::kMember);
  EXPECT_EQ(first.membership->first_rank, 0);
  EXPECT_EQ(second.membership->first_rank, 2);
  EXPECT_EQ(second.membership->world_size, 4);
  EXPECT_EQ(second.membership->store, "10.0.0.1:29500");
  EXPECT_EQ(first.membership->secret, second.membership->secret);
}

TEST(Membership, ASecretBelongsToOneJobAndOneRound) {
  const auto secret = [](const JobView& job, const std::string& key) {
    return Group(job, kTwo, key).answer(base::Uid("a"), 0).membership->secret;
  };
  JobView other = job(1, kTwo);
  other.uid = base::Uid("other");
  const std::string own = secret(job(1, kTwo), "key");
  EXPECT_EQ(own.size(), 64U);
  EXPECT_EQ(own, secret(job(1, kTwo), "key"));
  EXPECT_NE(own, secret(job(2, kTwo), "key"));
  EXPECT_NE(own, secret(other, "key"));
  EXPECT_NE(own, secret(job(1, kTwo), "another key"));
}

TEST(Membership, WaitsForALaterRound) {
  const Group group(job(3, kTwo), kTwo, "key");
  EXPECT_EQ(group.answer(base::Uid("a"), 3).standing, Standing::kWait);
  EXPECT_EQ(group.answer(base::Uid("a"), 2).standing, Standing::kMember);
  EXPECT_EQ(Group(job(0, kTwo), kTwo, "key").answer(base::Uid("a"), 0).standing, Standing::kWait);
}

TEST(Membership, AReplacementAndItsPeersWaitForTheRoundThatNamesIt) {
  const std::vector<WorkerPod> replaced{pod(0, "a"), pod(1, "new")};
  const Group before(job(1, kTwo), replaced, "key");
  EXPECT_EQ(before.answer(base::Uid("new"), 0).standing, Standing::kWait);
  EXPECT_EQ(before.answer(base::Uid("a"), 0).standing, Standing::kWait);
  const Group after(job(2, replaced), replaced, "key");
  EXPECT_EQ(after.answer(base::Uid("new"), 0).standing, Standing::kMember);
  EXPECT_EQ(after.answer(base::Uid("a"), 1).standing, Standing::kMember);
}

TEST(Membership, ThePodThatIsGoingCountsNotWhenItsReplacementIsThere) {
  WorkerPod old = pod(1, "b");
  old.ending = true;
  const std::vector<WorkerPod> members{pod(0, "a"), pod(1, "new")};
  const std::vector<WorkerPod> seen{pod(0, "a"), old, pod(1, "new")};
  const Group group(job(2, members), seen, "key");
  EXPECT_EQ(group.answer(base::Uid("a"), 1).standing, Standing::kMember);
  EXPECT_EQ(group.answer(base::Uid("new"), 0).standing, Standing::kMember);
  EXPECT_EQ(group.answer(base::Uid("b"), 1).standing, Standing::kGone);
}

TEST(Membership, NobodyIsAMemberOfAJobThatHasEnded) {
  JobView ended = job(1, kTwo);
  ended.finished = true;
  EXPECT_EQ(Group(ended, kTwo, "key").answer(base::Uid("a"), 0).standing, Standing::kGone);
}

TEST(Membership, APodOfAnotherJobIsAStranger) {
  EXPECT_EQ(Group(job(1, kTwo), kTwo, "key").answer(base::Uid("x"), 0).standing,
            Standing::kStranger);
}

TEST(Membership, MembersWithGapsGetRanksWithoutGaps) {
  const std::vector<WorkerPod> pods{pod(0, "a"), pod(2, "c"), pod(5, "f")};
  const Group group(job(4, pods, 2), pods, "key");
  EXPECT_EQ(group.answer(base::Uid("c"), 3).membership->first_rank, 2);
  EXPECT_EQ(group.answer(base::Uid("f"), 3).membership->first_rank, 4);
}

TEST(Membership, AWorkerBeyondTheGroupWaits) {
  const std::vector<WorkerPod> seen{pod(0, "a"), pod(1, "b"), pod(2, "c")};
  const Group group(job(1, kTwo), seen, "key");
  EXPECT_EQ(group.answer(base::Uid("c"), 0).standing, Standing::kWait);
  EXPECT_EQ(group.answer(base::Uid("b"), 0).standing, Standing::kMember);
}

TEST(Membership, WaitsWhileTheFirstWorkerHasNoAddress) {
  std::vector<WorkerPod> pods = kTwo;
  pods[0].ip = "";
  const Answer answer = Group(job(1, pods), pods, "key").answer(base::Uid("b"), 0);
  EXPECT_EQ(answer.standing, Standing::kWait);
  EXPECT_NE(answer.reason.find("address"), std::string::npos);
}

TEST(Membership, AnIPv6StoreIsBracketed) {
  std::vector<WorkerPod> pods = kTwo;
  pods[0].ip = "fd00::1";
  EXPECT_EQ(Group(job(1, pods), pods, "key").answer(base::Uid("b"), 0).membership->store,
            "[fd00::1]:29500");
}

TEST(Membership, SuspendIsToldAtOnceToARoundThatGoesOn) {
  JobView suspended = job(2, kTwo);
  suspended.suspended = true;
  const Answer answer = Group(suspended, kTwo, "key").answer(base::Uid("a"), 2);
  ASSERT_EQ(answer.standing, Standing::kMember);
  EXPECT_TRUE(answer.membership->stop);
}

TEST(Membership, AStatusThatDoesNotFitIsWaitedFor) {
  JobView odd = job(1, kTwo);
  odd.world_size = 3;
  EXPECT_EQ(Group(odd, kTwo, "key").answer(base::Uid("a"), 0).standing, Standing::kWait);
  odd = job(1, kTwo);
  odd.members = "nonsense";
  EXPECT_EQ(Group(odd, kTwo, "key").answer(base::Uid("a"), 0).standing, Standing::kWait);
  odd = job(1, kTwo);
  odd.digest = "";
  EXPECT_EQ(Group(odd, kTwo, "key").answer(base::Uid("a"), 0).standing, Standing::kWait);
}

}  // namespace
}  // namespace cresset::coordination
