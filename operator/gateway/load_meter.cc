#include "operator/gateway/load_meter.h"

namespace cresset::gateway {

namespace {

double seconds(base::MonoTime from, base::MonoTime to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void LoadMeter::arrived(const kube::ObjectKey& key, base::MonoTime now) { move(key, 1, now); }
void LoadMeter::left(const kube::ObjectKey& key, base::MonoTime now) { move(key, -1, now); }

void LoadMeter::move(const kube::ObjectKey& key, int by, base::MonoTime now) {
  std::lock_guard lock(mutex_);
  const auto [found, fresh] = meters_.try_emplace(key);
  Meter& meter = found->second;
  if (fresh) meter.since = meter.changed = now;
  if (now > meter.changed) {
    meter.integral_seconds += static_cast<double>(meter.in_system) * seconds(meter.changed, now);
    meter.changed = now;
  }
  meter.in_system += by;
  if (by > 0) meter.arrivals += by;
}

std::map<kube::ObjectKey, Demand> LoadMeter::drain(base::MonoTime now) {
  std::lock_guard lock(mutex_);
  std::map<kube::ObjectKey, Demand> demands;
  for (auto entry = meters_.begin(); entry != meters_.end();) {
    Meter& meter = entry->second;
    const double span = seconds(meter.since, now);
    meter.integral_seconds += static_cast<double>(meter.in_system) * seconds(meter.changed, now);
    demands[entry->first] = {
        meter.arrivals,
        span > 0 ? meter.integral_seconds / span : static_cast<double>(meter.in_system),
        meter.in_system};
    if (meter.in_system == 0 && meter.arrivals == 0) {
      entry = meters_.erase(entry);
      continue;
    }
    meter = Meter{.in_system = meter.in_system, .since = now, .changed = now};
    ++entry;
  }
  return demands;
}

}  // namespace cresset::gateway
