#include <cmath>
#include <limits>
#include <sstream>

#include "controllers/autoscale/decider.h"

namespace cresset::autoscale {
namespace {

std::string number(double value) {
  std::ostringstream out;
  out << std::round(value * 10) / 10;
  return out.str();
}

std::string seconds(std::chrono::milliseconds span) {
  return number(static_cast<double>(span.count()) / 1000) + " s";
}

std::string average(const Reason& reason, std::string_view what, std::chrono::milliseconds over) {
  return number(reason.mean) + " " + std::string(what) + " on average over " + seconds(over) +
         ", target " + number(reason.target) + " a replica";
}

std::string cause_in_words(const Reason& reason, const Policy& policy, std::string_view what) {
  const WindowShape shape{.stable = policy.window};
  switch (reason.cause) {
    case Cause::kInitial:
      return "a new service starts with one replica";
    case Cause::kNoData:
      return "no gateway tells the load, so the count stays";
    case Cause::kSettling:
      return "the load has not been seen for a whole window of " + seconds(policy.window) +
             ", so the count does not fall";
    case Cause::kMean:
      return average(reason, what, policy.window);
    case Cause::kSurge:
      return average(reason, what, shape.recent());
    case Cause::kBacklog:
      return std::to_string(reason.queue) + " requests wait for a replica, target " +
             number(reason.target) + " a replica";
    case Cause::kPeak:
      return "at most " + average(reason, what, shape.recent()) + ", in the last " +
             seconds(policy.window);
    case Cause::kIdle:
      return "no request for " + seconds(policy.idle);
  }
  return "";
}

}  // namespace

std::string_view to_string(Cause cause) {
  switch (cause) {
    case Cause::kInitial:
      return "Initial";
    case Cause::kNoData:
      return "NoData";
    case Cause::kSettling:
      return "Settling";
    case Cause::kMean:
      return "Mean";
    case Cause::kSurge:
      return "Surge";
    case Cause::kBacklog:
      return "Backlog";
    case Cause::kPeak:
      return "Peak";
    case Cause::kIdle:
      return "Idle";
  }
  return "";
}

std::string in_words(const Reason& reason, const Policy& policy, std::string_view metric_words) {
  std::string words = cause_in_words(reason, policy, metric_words);
  Reason unbound = reason;
  unbound.min = 0;
  unbound.max = std::numeric_limits<int>::max();
  const int free = count_of(unbound), count = count_of(reason);
  if (free > count) words += "; held at max " + std::to_string(reason.max);
  if (free < count) words += "; held at min " + std::to_string(reason.min);
  return words;
}

}  // namespace cresset::autoscale
