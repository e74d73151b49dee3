#pragma once
// How long a throttling answer (429, or a 5xx with Retry-After) asks to wait. Pure; any thread.

#include <chrono>
#include <optional>

#include "operator/net/client/http_client.h"

namespace cresset::kube {

// At most half a minute, however long the answer asks for: nobody should be blocked for longer, and
// to ask again a little early is what any client does. Nothing when it does not ask, or in a form
// other than whole seconds.
std::optional<std::chrono::milliseconds> retry_after(const net::Response& response);

}  // namespace cresset::kube
