#pragma once
// run_serve: the whole life of `cresset-worker serve`. The port listens at once and answers live;
// the model is fetched, checked against its digest, loaded and warmed up; then the replica is
// ready. SIGTERM: not ready, what is in flight is answered within drain_seconds, exit code 0. A
// model that cannot be loaded ends the process with words in the termination file and an exit code
// of worker_contract/names.h; so does a GPU that is lost, after what is in flight is answered, for
// only a new process gets it back. Call it from main before any thread is started, since it blocks
// the signals that it waits for; once a process.

#include <cstdint>
#include <string>

#include "crds/worker_contract/names.h"
#include "crds/worker_contract/worker_config.h"
#include "operator/base/log.h"

namespace cresset::serve {

struct ServeEnvironment {
  std::string address = "0.0.0.0";
  uint16_t port = worker_contract::kServePort;
  std::string termination_path = worker_contract::kTerminationPath;
};

// The exit code. The caller leaves with _exit: libtorch's destructors take longer than a drain.
int run_serve(const worker_contract::ServeConfig& config, const base::Log& log,
              const ServeEnvironment& environment = {});

}  // namespace cresset::serve
