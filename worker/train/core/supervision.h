#pragma once
// Supervision: what the supervisor of a worker pod decides, as a state machine: an event in,
// actions out. It opens nothing, forks nothing and reads no clock; the supervisor feeds it and does
// what it says. One thread. The life of a pod is: ask for a membership, start the round's ranks,
// pass on their progress, and after the end of any rank kill the others, say that the round broke,
// and wait for the next round, until the ranks succeed, the pod is told to stop, or it is no member
// any more.
//
//   Supervision supervision({.processes = 1});
//   for (const Action& action : supervision.start()) perform(action);
//   for (const Action& action : supervision.on(event)) perform(action);

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "crds/worker_contract/coordination.h"

namespace cresset::train {

// Events.
struct MembershipCame {
  worker_contract::Membership membership;
};
struct MembershipEnded {  // 410
  std::string why;
};
struct RankEnded {
  int round = 0;
  int local_rank = 0;
  int code = 0;    // exit code, when signal is 0
  int signal = 0;  // that killed it
  worker_contract::LastWords words;
};
struct ProgressCame {  // from a rank of this pod
  worker_contract::Progress progress;
};
struct StopAsked {};    // SIGTERM
struct StopOverdue {};  // the ranks did not stop in time
struct ZygoteEnded {};  // no rank can be started any more
using Event = std::variant<MembershipCame, MembershipEnded, RankEnded, ProgressCame, StopAsked,
                           StopOverdue, ZygoteEnded>;

// Actions, in order.
struct AskMembership {
  int after = 0;
  bool operator==(const AskMembership&) const = default;
};
struct StartRanks {
  worker_contract::Membership membership;
  bool operator==(const StartRanks&) const = default;
};
struct KillRanks {  // SIGKILL to all; RankEnded follows for each
  bool operator==(const KillRanks&) const = default;
};
struct StopRanks {  // SIGTERM to all; they leave at the next step boundary
  bool operator==(const StopRanks&) const = default;
};
struct Report {
  worker_contract::Progress progress;
  bool operator==(const Report&) const = default;
};
struct Exit {
  int code = 0;
  worker_contract::LastWords words;
};
using Action = std::variant<AskMembership, StartRanks, KillRanks, StopRanks, Report, Exit>;

struct SupervisionOptions {
  int processes = 1;       // ranks of this pod
  bool one_round = false;  // nobody gives another: a broken round ends the process
};

class Supervision {
 public:
  explicit Supervision(SupervisionOptions options) : options_(options) {}

  std::vector<Action> start();
  std::vector<Action> on(const Event& event);
  // Of the current or last round; 0 before the first.
  int round() const { return membership_.round; }
  bool running() const { return state_ == State::kRunning; }

 private:
  enum class State {
    kWaiting,   // no rank lives; a membership was asked for
    kRunning,   // ranks train
    kClearing,  // ranks were killed; then the next round, or the end
    kStopping,  // ranks were asked to stop
    kEnded,
  };

  void handle(const MembershipCame& event);
  void handle(const MembershipEnded& event);
  void handle(const RankEnded& event);
  void handle(const ProgressCame& event);
  void handle(const StopAsked& event);
  void handle(const StopOverdue& event);
  void handle(const ZygoteEnded& event);

  void begin_round(const worker_contract::Membership& membership);
  void clear(State state_if_idle);
  void settle();  // after clearing, when no rank lives
  void rank_failed(const RankEnded& event);
  void finish_success();
  void finish_stop();
  void end(int code, worker_contract::LastWords words);
  void report(worker_contract::WorkerState state, const std::string& message);

  const SupervisionOptions options_;
  State state_ = State::kWaiting;
  worker_contract::Membership membership_;
  std::optional<worker_contract::Membership> next_;  // to begin when the killed ranks are gone
  std::optional<Exit> exit_;                         // to leave with when they are gone
  worker_contract::Progress progress_;               // latest of this round
  int alive_ = 0;
  int stopped_ = 0;    // ranks that left as asked
  int succeeded_ = 0;  // ranks that ended well
  std::vector<Action> actions_;
};

// "rank 3 ended with exit code 11: the group fell apart", "rank 3 was killed by signal 9 (Killed)".
std::string describe(const RankEnded& event, int rank);

}  // namespace cresset::train
