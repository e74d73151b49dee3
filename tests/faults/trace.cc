#include "tests/faults/trace.h"

namespace cresset::faults {

void Trace::add(base::Json line) {
  const auto since = std::chrono::steady_clock::now() - begun_;
  std::lock_guard lock(mutex_);
  line["ms"] = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  out_ << base::dump(line) << std::endl;
}

}  // namespace cresset::faults
