#include "operator/runtime/sync_policy.h"

#include <algorithm>

namespace cresset::runtime {

namespace {

constexpr auto kPause = std::chrono::seconds(1);
constexpr int kHopeless = 2;

// As Kubernetes writes a version: no sign and no leading zero, so the longer is the larger.
bool is_number(std::string_view version) {
  return !version.empty() && version.front() != '0' &&
         std::all_of(version.begin(), version.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

SyncPolicy::Ask SyncPolicy::next() const {
  if (!must_list_) return Ask::kWatch;
  return by_list_ ? Ask::kList : Ask::kStream;
}

bool SyncPolicy::is_past(std::string_view version) const {
  if (!is_number(version) || !is_number(version_)) return false;
  if (version.size() != version_.size()) return version.size() < version_.size();
  return version < version_;
}

void SyncPolicy::synced(const std::string& version) {
  must_list_ = by_list_ = false;
  version_ = version;
  hopeless_ = 0;
}

void SyncPolicy::saw(const std::string& version) {
  if (!version.empty()) version_ = version;
  hopeless_ = 0;
}

bool SyncPolicy::failed(const base::Error& error, base::MonoTime now) {
  const Ask asked = next();
  if (base::is_gone(error)) {
    must_list_ = true;
    version_ = "";
    return may_begin_anew_at_once(now);
  }
  // The kind went away: what comes back with it must be listed.
  if (base::is_not_found(error)) must_list_ = true;
  if (asked == Ask::kWatch && base::is_terminal(error) && ++hopeless_ == kHopeless) {
    must_list_ = true;
    version_ = "";
  }
  // A throttled server is asked the same again, since a list would cost it more.
  if (asked == Ask::kWatch || error.kind() == base::ErrorKind::kExhausted) return false;
  // Whatever the reason, the other way is tried next, so that none alone can hold us up for ever.
  by_list_ = asked == Ask::kStream;
  return by_list_ && base::is_terminal(error);
}

// A server that answers every version with 410 must not be asked in a tight loop.
bool SyncPolicy::may_begin_anew_at_once(base::MonoTime now) {
  const bool first = !begun_anew_ || now - *begun_anew_ > kPause;
  begun_anew_ = now;
  return first;
}

}  // namespace cresset::runtime
