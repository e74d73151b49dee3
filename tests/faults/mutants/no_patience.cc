// The operator that waits for ever for the end of a watch's beginning: linked before
// operator_runtime, it takes the place of patience.cc, which gives such a watch up. For the test of
// the oracle that wants a run to come to its end; nothing else links it.

#include "operator/runtime/patience.h"

namespace cresset::runtime {

Patience::Patience(base::Clock& clock, std::chrono::milliseconds span, std::function<void()> over)
    : clock_(clock), span_(span), over_(std::move(over)) {}

void Patience::renew() {}

bool Patience::is_over() const { return false; }

}  // namespace cresset::runtime
