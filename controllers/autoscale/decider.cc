#include "controllers/autoscale/decider.h"

#include <algorithm>
#include <cmath>

namespace cresset::autoscale {
namespace {

// What people read in the status is what was decided from: three digits.
double rounded(double value) { return std::round(value * 1000) / 1000; }

int wants(double load, double target) {
  constexpr double kMost = 1e6;  // far above any bound; keeps the conversion defined
  return static_cast<int>(std::min(kMost, std::ceil(load / target - 1e-9)));
}

struct Rise {
  Cause cause;
  double mean;
};

// The strongest of the reasons to have replicas at all.
Rise strongest(const Policy& policy, const Replicas& replicas, const Load& load) {
  constexpr double kSurgeFactor = 1.5;
  const double threshold = kSurgeFactor * std::max(1, replicas.ready + replicas.starting);
  const int steady = wants(load.mean, policy.target);
  const int surge = wants(load.recent, policy.target);
  const int backlog = wants(static_cast<double>(load.waiting), policy.target);
  const bool asleep = replicas.wanted.value_or(0) == 0;
  if (backlog >= std::max(steady, surge) && backlog > 0 && (asleep || backlog >= threshold))
    return {Cause::kBacklog, load.mean};
  if (surge > steady && (asleep || surge >= threshold)) return {Cause::kSurge, load.recent};
  return {Cause::kMean, load.mean};
}

}  // namespace

int count_of(const Reason& reason) {
  const int mean = std::max(1, wants(reason.mean, reason.target));
  const int backlog = std::max(1, wants(static_cast<double>(reason.queue), reason.target));
  int count = reason.kept;
  switch (reason.cause) {
    case Cause::kInitial:
      count = 1;
      break;
    case Cause::kNoData:
    case Cause::kSettling:
      break;
    case Cause::kMean:
    case Cause::kSurge:
      count = mean;
      break;
    case Cause::kBacklog:
      count = backlog;
      break;
    case Cause::kPeak:
      count = std::min(reason.kept, mean);
      break;
    case Cause::kIdle:
      count = 0;
      break;
  }
  return std::clamp(count, reason.min, std::max(reason.min, reason.max));
}

Decision decide(const Policy& policy, const Replicas& replicas, const std::optional<Load>& told) {
  const auto because = [&](Cause cause, double mean = 0) {
    Reason reason{cause,
                  rounded(mean),
                  policy.target,
                  0,
                  policy.min,
                  policy.max,
                  replicas.wanted.value_or(0)};
    if (told) reason.queue = told->waiting;
    return Decision{count_of(reason), reason};
  };
  if (!told) return because(replicas.wanted ? Cause::kNoData : Cause::kInitial);

  Load load = *told;
  load.mean = rounded(load.mean);
  load.recent = rounded(load.recent);
  load.peak =
      rounded(std::max({load.peak, load.mean, load.recent, static_cast<double>(load.waiting)}));
  const bool awake = load.waiting > 0 || (load.seen_request && load.idle < policy.idle);
  const int kept = replicas.wanted.value_or(0);
  if (awake) {
    const Rise rise = strongest(policy, replicas, load);
    if (auto risen = because(rise.cause, rise.mean); risen.count > kept) return risen;
  }
  if (load.complete && !awake && load.idle >= policy.idle) return because(Cause::kIdle);
  if (!replicas.wanted) return because(Cause::kInitial);
  if (!load.complete) return because(Cause::kSettling, load.mean);
  return because(Cause::kPeak, load.peak);
}

}  // namespace cresset::autoscale
