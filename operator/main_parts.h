#pragma once
// OperatorParts: everything that `cresset operator` runs, put together: the controllers of both
// kinds, the coordination endpoint with its certificate authority, and the board of load reports.
// They refer to each other, so this is the one place that knows the order in which they are made
// and how a change in one wakes another. Made by main_operator.cc; outlives the Manager that runs
// them.

#include <memory>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/base/metrics.h"
#include "operator/kube/client/client.h"
#include "operator/main_options.h"
#include "operator/runtime/event_recorder.h"
#include "operator/runtime/leader_election.h"
#include "operator/runtime/manager.h"

namespace cresset {

class OperatorParts {
 public:
  OperatorParts(kube::Api& api, runtime::EventRecorder& events, const OperatorOptions& options,
                const Address& coordination, const runtime::LeaderElection& election,
                base::Clock& clock, base::Metrics& metrics, base::Log log);
  ~OperatorParts();
  void add_to(runtime::Manager& manager);
  // This replica leads from now on.
  void lead();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace cresset
