#pragma once
// LoadMeter: what one gateway knows of each service's demand: arrivals, and the mean number of
// requests in the system (waiting here or sent to a pod), integrated over time, so that a burst
// between two reports is not missed. Any thread; time is passed in.

#include <map>
#include <mutex>

#include "operator/base/clock.h"
#include "operator/kube/core/object.h"

namespace cresset::gateway {

struct Demand {
  int64_t arrivals = 0;    // since the last drain
  double concurrency = 0;  // mean over the time since the last drain
  int64_t in_system = 0;   // right now
};

class LoadMeter {
 public:
  void arrived(const kube::ObjectKey& key, base::MonoTime now);
  void left(const kube::ObjectKey& key, base::MonoTime now);
  // Demand since the last drain. Services without any are dropped.
  std::map<kube::ObjectKey, Demand> drain(base::MonoTime now);

 private:
  struct Meter {
    int64_t arrivals = 0;
    int64_t in_system = 0;
    double integral_seconds = 0;
    base::MonoTime since;    // of the integral
    base::MonoTime changed;  // up to where it is integrated
  };
  void move(const kube::ObjectKey& key, int by, base::MonoTime now);

  std::mutex mutex_;
  std::map<kube::ObjectKey, Meter> meters_;
};

}  // namespace cresset::gateway
