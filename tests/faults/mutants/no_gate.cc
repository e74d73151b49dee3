// The operator without its read-your-writes gate: linked before controllers_common, it takes the
// place of expectations.cc, which keeps an object from being planned again before the caches show
// what was written. For the test of the oracle that counts calls; nothing else links it.

#include "controllers/common/expectations.h"

namespace cresset::controllers {

bool shows(const Child*, const Change&, const base::Uid&) { return true; }

void Expectations::note(const kube::ObjectMeta&, const Plan&, bool) {}

std::optional<std::chrono::milliseconds> Expectations::wait_for(const kube::ObjectMeta&,
                                                                const Shows&) {
  return std::nullopt;
}

void Expectations::forget(const kube::ObjectKey&) {}

size_t Expectations::size() const { return 0; }

}  // namespace cresset::controllers
