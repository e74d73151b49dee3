#include "controllers/autoscale/metric.h"

#include <algorithm>
#include <array>

namespace cresset::autoscale {
namespace {

// Five lines of a gateway may be lost before it counts as silent.
constexpr std::chrono::milliseconds kStaleAfter{5000};

constexpr std::array kMetrics = {
    Metric{"concurrency", "requests in flight", kStaleAfter,
           [](const worker_contract::RevisionLoad& line) { return line.concurrency; }},
};

}  // namespace

std::span<const Metric> metrics() { return kMetrics; }

const Metric* find_metric(std::string_view name) {
  const auto found = std::ranges::find(kMetrics, name, &Metric::name);
  return found == kMetrics.end() ? nullptr : &*found;
}

}  // namespace cresset::autoscale
