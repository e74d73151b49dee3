#pragma once
// How long a throttling answer (429, or a 5xx with Retry-After) asks to wait. Pure; any thread.

#include <chrono>
#include <optional>

#include "operator/net/client/http_client.h"

namespace cresset::kube {

// Nothing when the answer does not ask for it, or for longer than anybody should block.
std::optional<std::chrono::milliseconds> retry_after(const net::Response& response);

}  // namespace cresset::kube
