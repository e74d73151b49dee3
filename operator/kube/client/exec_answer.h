#pragma once
// What a credential plugin prints: an ExecCredential of client.authentication.k8s.io in JSON or
// YAML, whose status holds a token, a client certificate with its key, or both, and perhaps when
// they end. Errors name the field and quote no value but those of apiVersion and kind. Pure; any
// thread.

#include <optional>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/result.h"
#include "operator/kube/client/credential.h"

namespace cresset::kube {

struct ExecAnswer {
  Credential credential;
  std::optional<base::WallTime> expires;
};

// `api_version`: that of the kubeconfig, which the answer must repeat.
base::Result<ExecAnswer> parse_exec_answer(const std::string& printed,
                                           const std::string& api_version);

}  // namespace cresset::kube
