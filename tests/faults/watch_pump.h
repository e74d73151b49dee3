#pragma once
// pump_watch: one watch, from the API server's first byte to the end of either side (of a half open
// one, of the operator's), through a WatchFilter. Blocks; the session's thread. Throws
// boost::system::system_error when a side breaks.

#include "tests/faults/watch_filter.h"

namespace cresset::faults {

// The request was sent to `upstream` already; its answer goes to `operator_side`. Both are of
// `context`, which nobody else runs.
void pump_watch(World& world, const Watch& watch, asio::io_context& context, Tls& upstream,
                Tls& operator_side);

}  // namespace cresset::faults
