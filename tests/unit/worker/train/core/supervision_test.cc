#include "worker/train/core/supervision.h"

#include <gtest/gtest.h>

#include <csignal>

#include "crds/worker_contract/names.h"
#include "operator/base/backoff.h"

namespace cresset::train {
namespace {

using worker_contract::Membership;
using worker_contract::Progress;
using worker_contract::WorkerState;

Membership round_of(int round, bool stop = false) {
  return {.round = round,
          .world_size = 4,
          .first_rank = 2,
          .store = "10.0.0.1:29500",
          .secret = "s",
          .stop = stop};
}

// One letter an action, so that a table of events reads like a story: a = ask, s = start ranks,
// k = kill, t = SIGTERM, r/b/d/p = report running, broken, done, stopped; x = exit with its code.
std::string spell(const std::vector<Action>& actions) {
  struct Speller {
    std::string operator()(const AskMembership& a) const { return "a" + std::to_string(a.after); }
    std::string operator()(const StartRanks& a) const {
      return "s" + std::to_string(a.membership.round);
    }
    std::string operator()(const KillRanks&) const { return "k"; }
    std::string operator()(const StopRanks&) const { return "t"; }
    std::string operator()(const Report& a) const {
      return std::string(1, "rbdp"[static_cast<int>(a.progress.state)]) +
             std::to_string(a.progress.round);
    }
    std::string operator()(const Exit& a) const { return "x" + std::to_string(a.code); }
  };
  std::string text;
  for (const auto& action : actions)
    text += (text.empty() ? "" : " ") + std::visit(Speller{}, action);
  return text;
}

const Event kRound1 = MembershipCame{round_of(1)};
const Event kRound2 = MembershipCame{round_of(2)};
const Event kRound3 = MembershipCame{round_of(3)};
const Event kSuspend = MembershipCame{round_of(1, true)};
Event ends(int round, int local_rank, int code) {
  return RankEnded{round, local_rank, code, 0, {}};
}
Event killed(int round, int local_rank) { return RankEnded{round, local_rank, 0, SIGKILL, {}}; }
Event progress(int round, int64_t step) {
  return ProgressCame{Progress{.round = round, .step = step}};
}

struct Row {
  const char* name;
  SupervisionOptions options;
  std::vector<std::pair<Event, const char*>> story;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

const SupervisionOptions kOne{.processes = 1};
const SupervisionOptions kTwo{.processes = 2};
const SupervisionOptions kAlone{.processes = 1, .one_round = true};

const Row kRows[] = {
    {"success", kOne, {{kRound1, "s1 r1 a1"}, {progress(1, 5), "r1"}, {ends(1, 0, 0), "d1 x0"}}},
    {"success_when_the_last_rank_ended",
     kTwo,
     {{kRound1, "s1 r1 a1"}, {ends(1, 1, 0), ""}, {ends(1, 0, 0), "d1 x0"}}},
    {"a_killed_rank_breaks_the_round",
     kTwo,
     {{kRound1, "s1 r1 a1"}, {killed(1, 0), "b1 k"}, {killed(1, 1), ""}, {kRound2, "s2 r2 a2"}}},
    {"the_next_round_waits_for_the_last_killed_rank",
     kTwo,
     {{kRound1, "s1 r1 a1"}, {killed(1, 0), "b1 k"}, {kRound2, ""}, {killed(1, 1), "s2 r2 a2"}}},
    {"a_group_that_fell_apart_breaks_the_round",
     kOne,
     {{kRound1, "s1 r1 a1"},
      {ends(1, 0, 11), "b1"},
      {kRound2, "s2 r2 a2"},
      {ends(2, 0, 0), "d2 x0"}}},
    {"a_new_round_replaces_running_ranks",
     kTwo,
     {{kRound1, "s1 r1 a1"}, {kRound2, "k"}, {killed(1, 0), ""}, {killed(1, 1), "s2 r2 a2"}}},
    {"the_latest_of_two_new_rounds_counts",
     kOne,
     {{kRound1, "s1 r1 a1"}, {kRound2, "k"}, {kRound3, ""}, {killed(1, 0), "s3 r3 a3"}}},
    {"an_old_round_is_asked_past", kOne, {{kRound2, "s2 r2 a2"}, {kRound1, "a2"}}},
    {"bad_input_ends_the_pod",
     kTwo,
     {{kRound1, "s1 r1 a1"}, {ends(1, 0, 10), "k"}, {killed(1, 1), "x10"}}},
    {"a_peer_that_stopped_breaks_the_round_of_the_rest",
     kOne,
     {{kRound1, "s1 r1 a1"}, {ends(1, 0, 13), "b1"}, {kRound2, "s2 r2 a2"}}},
    {"stop_is_passed_on_and_waited_for",
     kTwo,
     {{kRound1, "s1 r1 a1"},
      {StopAsked{}, "t"},
      {progress(1, 9), "r1"},
      {ends(1, 0, 13), ""},
      {ends(1, 1, 13), "p1 x13"}}},
    {"stop_told_by_the_membership",
     kOne,
     {{kRound1, "s1 r1 a1"}, {kSuspend, "t"}, {kSuspend, ""}, {ends(1, 0, 13), "p1 x13"}}},
    {"stop_of_ranks_that_were_just_done",
     kOne,
     {{kRound1, "s1 r1 a1"}, {StopAsked{}, "t"}, {ends(1, 0, 0), "d1 x0"}}},
    {"stop_that_is_overdue",
     kTwo,
     {{kRound1, "s1 r1 a1"},
      {StopAsked{}, "t"},
      {StopOverdue{}, "k"},
      {killed(1, 0), ""},
      {killed(1, 1), "x11"}}},
    {"ranks_that_crash_while_stopping",
     kOne,
     {{kRound1, "s1 r1 a1"}, {StopAsked{}, "t"}, {ends(1, 0, 11), "x11"}}},
    {"stop_before_the_first_round", kOne, {{StopAsked{}, "x13"}}},
    {"stop_between_rounds",
     kTwo,
     {{kRound1, "s1 r1 a1"}, {killed(1, 0), "b1 k"}, {StopAsked{}, ""}, {killed(1, 1), "x13"}}},
    {"suspended_before_the_first_round", kOne, {{kSuspend, "x13"}}},
    {"no_longer_a_member",
     kTwo,
     {{kRound1, "s1 r1 a1"},
      {MembershipEnded{"removed"}, "k"},
      {killed(1, 0), ""},
      {killed(1, 1), "x12"}}},
    {"no_longer_a_member_while_waiting", kOne, {{MembershipEnded{"removed"}, "x12"}}},
    {"nothing_follows_the_end",
     kOne,
     {{MembershipEnded{"removed"}, "x12"}, {kRound1, ""}, {StopAsked{}, ""}}},
    {"the_zygote_is_lost", kOne, {{kRound1, "s1 r1 a1"}, {ZygoteEnded{}, "x11"}}},
    {"late_words_of_an_older_round",
     kOne,
     {{kRound1, "s1 r1 a1"},
      {killed(1, 0), "b1"},
      {kRound2, "s2 r2 a2"},
      {killed(1, 0), ""},
      {progress(1, 7), ""},
      {ends(2, 0, 0), "d2 x0"}}},
    {"alone_a_broken_round_is_the_end", kAlone, {{kRound1, "s1 r1"}, {killed(1, 0), "b1 x11"}}},
    {"alone_success", kAlone, {{kRound1, "s1 r1"}, {ends(1, 0, 0), "d1 x0"}}},
};

class SupervisionTable : public ::testing::TestWithParam<Row> {};

TEST_P(SupervisionTable, EachEventLeadsToItsActions) {
  Supervision supervision(GetParam().options);
  EXPECT_EQ(spell(supervision.start()), "a0");
  int line = 0;
  for (const auto& [event, actions] : GetParam().story)
    EXPECT_EQ(spell(supervision.on(event)), actions) << "event " << line++;
}

INSTANTIATE_TEST_SUITE_P(Stories, SupervisionTable, ::testing::ValuesIn(kRows),
                         [](const auto& row) { return row.param.name; });

TEST(Supervision, SaysWhichRankEndedHowAndWhere) {
  Supervision supervision(kOne);
  supervision.on(kRound1);
  supervision.on(progress(1, 120));
  const auto broken = supervision.on(RankEnded{1, 0, 0, SIGKILL, {}});
  EXPECT_EQ(std::get<Report>(broken.at(0)).progress.message,
            "rank 2 was killed by signal 9 (Killed)");
  EXPECT_EQ(std::get<Report>(broken.at(0)).progress.step, 120);
}

TEST(Supervision, ANewRoundBeginsWithTheNumbersOfTheOldOne) {
  Supervision supervision(kOne);
  supervision.on(kRound1);
  supervision.on(ProgressCame{Progress{
      .round = 1, .step = 120, .loss = 0.5, .checkpoint_step = 100, .resumed_from_step = 50}});
  supervision.on(killed(1, 0));
  const auto begun = supervision.on(kRound2);
  const Progress& progress = std::get<Report>(begun.at(1)).progress;
  EXPECT_EQ(progress.round, 2);
  EXPECT_EQ(progress.state, WorkerState::kRunning);
  EXPECT_EQ(progress.step, 120);
  EXPECT_EQ(progress.checkpoint_step, 100);
  EXPECT_EQ(progress.resumed_from_step, std::nullopt);
  EXPECT_EQ(progress.message, "");
}

TEST(Supervision, PassesOnTheLastWordsOfARankWithBadInput) {
  Supervision supervision(kOne);
  supervision.on(kRound1);
  const auto actions = supervision.on(RankEnded{1, 0, 10, 0, {.error = "no column \"digit\""}});
  const auto& exit = std::get<Exit>(actions.back());
  EXPECT_EQ(exit.words.error, "no column \"digit\"");
  EXPECT_EQ(exit.words.rank, 2);
}

TEST(Supervision, LeavesTheModelInTheLastWordsOfSuccess) {
  Supervision supervision(kOne);
  supervision.on(kRound1);
  supervision.on(ProgressCame{Progress{.round = 1,
                                       .state = WorkerState::kSucceeded,
                                       .step = 40,
                                       .metrics = {{"accuracy", 0.97}},
                                       .model_uri = "s3://models/digits/1",
                                       .model_digest = "sha256:1"}});
  const auto actions = supervision.on(RankEnded{1, 0, 0, 0, {}});
  const auto& exit = std::get<Exit>(actions.back());
  EXPECT_EQ(exit.words.model_uri, "s3://models/digits/1");
  EXPECT_EQ(exit.words.model_digest, "sha256:1");
  EXPECT_EQ(exit.words.metrics.at("accuracy"), 0.97);
  EXPECT_EQ(exit.words.error, "");
}

// Random events: whatever comes, ranks are started only when none lives, the end comes at most
// once and only when none lives (but for a lost zygote, whose ranks die with it).
TEST(Supervision, HoldsItsRulesUnderAnyOrderOfEvents) {
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    auto random = base::seeded_random(seed);
    const auto pick = [&](int n) { return static_cast<int>(random() * n); };
    const int processes = 1 + pick(3);
    Supervision supervision({.processes = processes, .one_round = pick(8) == 0});
    std::vector<int> alive;  // local ranks
    int round = 0;
    int exits = 0;
    int newest = 0;
    for (int i = 0; i < 60 && exits == 0; ++i) {
      Event event = MembershipCame{round_of(++newest)};
      const int kind = pick(20);
      const bool any = !alive.empty();
      if (kind < 8 && any) {
        const auto victim = static_cast<size_t>(pick(static_cast<int>(alive.size())));
        const int codes[] = {0, 10, 11, 13, 1};
        event =
            kind < 3 ? killed(round, alive[victim]) : ends(round, alive[victim], codes[pick(5)]);
        alive.erase(alive.begin() + static_cast<std::ptrdiff_t>(victim));
      } else if (kind < 14) {
        event = progress(std::max(1, round - pick(2)), i);
      } else if (kind == 19 && pick(4) == 0) {
        event = pick(2) == 0 ? Event(StopAsked{}) : Event(MembershipEnded{"removed"});
      } else if (kind == 18) {
        event = StopOverdue{};
      }
      for (const auto& action : supervision.on(event)) {
        if (const auto* start = std::get_if<StartRanks>(&action)) {
          ASSERT_TRUE(alive.empty()) << "seed " << seed;
          ASSERT_GT(start->membership.round, round) << "seed " << seed;
          round = start->membership.round;
          for (int rank = 0; rank < processes; ++rank) alive.push_back(rank);
        }
        if (std::holds_alternative<Exit>(action)) {
          ++exits;
          ASSERT_TRUE(alive.empty()) << "seed " << seed;
        }
      }
    }
    ASSERT_LE(exits, 1) << "seed " << seed;
  }
}

}  // namespace
}  // namespace cresset::train
