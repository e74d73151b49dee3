#pragma once
// The decider: from a service's load to its number of replicas, with the reason. A pure function;
// no clock, no memory of its own (what must last is in the Window and in the count itself).
//
// - The mean over the stable window, divided by the target, rounded up, is what is wanted. It may
//   raise the count at any time.
// - A surge (the short end of the window, or the requests held back in the gateways, want half
//   as many again as are ready and starting together) raises it at once: a burst takes 0 to N in
//   one step. Starting replicas count, so a long start is not answered with ever more of them.
// - The count falls to what the busiest short end within the stable window would want, so only
//   after the load has been lower for a whole window.
// - To zero only when no request was there for `idle`; a request wakes at once.
// - Nothing known: the count stays. A window not yet seen as a whole (a new leader, a gateway that
//   fell silent): the count may rise and never falls.
// - More load never means fewer replicas. Deciding twice gives what deciding once gave.
//
// The reason holds the numbers that the count follows from: count_of(reason) is the count.

#include <optional>
#include <string>

#include "controllers/autoscale/window.h"

namespace cresset::autoscale {

// Defaults: 60 s are Knative's stable window; five minutes are KEDA's cool-down.
struct Policy {
  double target = 1;  // a replica
  int min = 0;
  int max = 1;
  std::chrono::milliseconds window{60000};
  std::chrono::milliseconds idle{300000};
};

struct Replicas {
  std::optional<int> wanted;  // the count decided before; nothing for a new service
  int ready = 0;
  int starting = 0;
};

enum class Cause {
  kInitial,   // a new service starts with one, or min
  kNoData,    // no gateway speaks: as it was
  kSettling,  // the window is not seen as a whole yet: as it was
  kMean,      // the mean over the stable window
  kSurge,     // the mean over its short end
  kBacklog,   // the requests held back in the gateways
  kPeak,      // falling, to the busiest short end of the window
  kIdle,      // no request for the idle time
};
std::string_view to_string(Cause cause);

struct Reason {
  Cause cause = Cause::kInitial;
  double mean = 0;  // the mean that counted: of the window, of its short end, or the peak
  double target = 1;
  int64_t queue = 0;  // held back in the gateways
  int min = 0;
  int max = 1;
  int kept = 0;  // the count before
  bool operator==(const Reason&) const = default;
};

struct Decision {
  int count = 0;
  Reason reason;
  bool operator==(const Decision&) const = default;
};

Decision decide(const Policy& policy, const Replicas& replicas, const std::optional<Load>& load);
int count_of(const Reason& reason);

// "12.4 requests in flight on average over 10 s, target 4 a replica": for events and status.
std::string in_words(const Reason& reason, const Policy& policy, std::string_view metric_words);

}  // namespace cresset::autoscale
