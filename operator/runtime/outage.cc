#include "operator/runtime/outage.h"

namespace cresset::runtime {

void Outage::served() { last_.reset(); }

void Outage::failed(const base::Error& error, base::MonoTime now) {
  if (!last_) since_ = now;
  last_ = error;
}

bool Outage::is_long(base::MonoTime now) const { return last_ && now - since_ >= kBound; }

std::string Outage::told(const std::string& what, base::MonoTime now) const {
  if (!last_) return "";
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(now - since_).count();
  return "the API server has served no " + what + " for " + std::to_string(minutes) +
         " minutes; last: " + last_->message();
}

}  // namespace cresset::runtime
