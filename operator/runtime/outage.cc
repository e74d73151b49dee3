#include "operator/runtime/outage.h"

namespace cresset::runtime {

void Outage::served() {
  last_.reset();
  open_.reset();
}

void Outage::failed(const base::Error& error, base::MonoTime now) {
  if (!last_ || has_lived(now)) since_ = now;
  last_ = error;
  open_.reset();
}

void Outage::opened(base::MonoTime now) { open_ = now; }

void Outage::ended(base::MonoTime now) {
  if (!open_) return;
  if (has_lived(now)) return served();
  failed(base::unavailable("the watch ended soon and without an event"), now);
}

bool Outage::is_long(base::MonoTime now) const {
  return last_ && !has_lived(now) && now - since_ >= kBound;
}

std::string Outage::told(const std::string& what, base::MonoTime now) const {
  if (!last_) return "";
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(now - since_).count();
  return "the API server has served no " + what + " for " + std::to_string(minutes) +
         " minutes; last: " + last_->message();
}

}  // namespace cresset::runtime
