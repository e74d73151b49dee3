#pragma once
// Manager: starts Runnables in the order they were added, each on a thread of its own, and stops
// them in reverse. Those added as `after_sync` (controllers) start last, each when everything added
// before it is settled and, where lead_when() was given a condition, that holds: a standby has its
// caches filled and writes nothing. `run` blocks until stop is asked and all threads are joined;
// one that ends by itself stops the others and is the Error. Everything is added before run().
// Owned by main; what it runs must outlive it. settled(), served() and not_ready() may be asked
// from any thread.

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "operator/base/log.h"
#include "operator/base/metrics.h"
#include "operator/runtime/informer.h"

namespace cresset::runtime {

class Manager {
 public:
  explicit Manager(base::Log log);
  ~Manager();

  void add(Runnable& runnable);
  void add_after_sync(Runnable& runnable);
  // As of each scrape, of all caches of one kind together: cresset_informer_synced{resource}, 1
  // when all are ready, and cresset_informer_objects{resource}. Once.
  void report_to(base::Metrics& metrics);
  // Asked from time to time, from the thread of run().
  void lead_when(std::function<bool()> leading);
  base::Result<void> run(std::stop_token stop);
  // Everything is; what not_ready() still names holds up only what it concerns.
  bool settled() const;
  // Nothing has gone without the API server for too long.
  bool served() const;
  // Empty when everything is ready, else what is waited for, one line each (for /readyz).
  std::vector<std::string> not_ready() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A stop_source that SIGTERM and SIGINT trip; a second signal ends the process at once (exit code
// 130). Make it first thing in main, before any thread; one for a process.
std::stop_source stop_on_signals();

}  // namespace cresset::runtime
