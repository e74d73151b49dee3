// The operator that asks again at once whatever fails: linked before operator_runtime, it takes the
// place of sync_policy.cc, which says when to wait. For the test of the oracle that looks for
// hurry; nothing else links it.

#include "operator/runtime/sync_policy.h"

namespace cresset::runtime {

SyncPolicy::Ask SyncPolicy::next() const { return must_list_ ? Ask::kStream : Ask::kWatch; }

bool SyncPolicy::is_past(std::string_view) const { return false; }

void SyncPolicy::synced(const std::string& version) {
  must_list_ = false;
  version_ = version;
}

void SyncPolicy::saw(const std::string& version) {
  if (!version.empty()) version_ = version;
}

bool SyncPolicy::failed(const base::Error& error, base::MonoTime) {
  if (!base::is_gone(error)) return true;
  must_list_ = true;
  version_ = "";
  return true;
}

}  // namespace cresset::runtime
