#pragma once
// Credentials: who a client says it is, from what its configuration names: a fixed token, a token
// file, or a plugin. A client certificate of the configuration itself is TlsSource's. Owned by the
// Exchange; any thread that may wait for a plugin.

#include <optional>
#include <stop_token>

#include "operator/base/log.h"
#include "operator/kube/client/config.h"
#include "operator/kube/client/credential.h"
#include "operator/kube/client/exec_source.h"
#include "operator/kube/client/token_source.h"

namespace cresset::kube {

class Credentials {
 public:
  // `patience`: how long a plugin may run, so that it counts as a part of the call.
  Credentials(const ClusterConfig& config, std::chrono::milliseconds patience, base::Clock& clock,
              base::Log log);
  base::Result<Credential> current(std::stop_token stop);
  // The server answered 401: whether another credential may be had by asking again.
  bool refused(const Credential& credential, std::stop_token stop);

 private:
  TokenSource token_;
  std::optional<ExecSource> plugin_;
  const base::Log log_;
};

}  // namespace cresset::kube
