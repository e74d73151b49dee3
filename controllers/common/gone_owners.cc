#include "controllers/common/gone_owners.h"

namespace cresset::controllers {

void GoneOwners::note(const kube::ObjectMeta& owner) {
  std::lock_guard lock(mutex_);
  if (owners_.size() < kMost) owners_.insert_or_assign(owner.key(), owner);
}

std::optional<kube::ObjectMeta> GoneOwners::take(const kube::ObjectKey& key) {
  std::lock_guard lock(mutex_);
  auto taken = owners_.extract(key);
  if (taken.empty()) return std::nullopt;
  return std::move(taken.mapped());
}

}  // namespace cresset::controllers
