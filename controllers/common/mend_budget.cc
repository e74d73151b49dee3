#include "controllers/common/mend_budget.h"

#include <algorithm>

namespace cresset::controllers {

namespace {

const Patch* mend_in(const Change& change) {
  const auto* patch = std::get_if<Patch>(&change);
  return patch != nullptr && patch->can_wait ? patch : nullptr;
}

}  // namespace

std::optional<std::chrono::milliseconds> MendBudget::Quarrel::wait(base::MonoTime now) const {
  if (times < kAtOnce || now - mended >= kBetween) return std::nullopt;
  return std::chrono::ceil<std::chrono::milliseconds>(mended + kBetween - now);
}

void MendBudget::hold_back(const kube::ObjectKey& owner, Plan& plan, base::MonoTime now) {
  std::lock_guard lock(mutex_);
  const auto found = quarrels_.find(owner);
  if (found == quarrels_.end()) return;
  auto& quarrels = found->second;
  std::erase_if(quarrels, [now](const auto& one) { return now - one.second.seen >= kCalm; });
  std::erase_if(plan.changes, [&](const Change& change) {
    const Patch* mend = mend_in(change);
    const auto quarrel = mend == nullptr ? quarrels.end() : quarrels.find(mend->uid);
    if (quarrel == quarrels.end()) return false;
    quarrel->second.seen = now;
    const auto left = quarrel->second.wait(now);
    if (left) plan.again_after = std::min(plan.again_after.value_or(*left), *left);
    return left.has_value();
  });
  if (quarrels.empty()) quarrels_.erase(found);
}

void MendBudget::note(const kube::ObjectKey& owner, const Plan& done, base::MonoTime now) {
  std::lock_guard lock(mutex_);
  for (const Change& change : done.changes)
    if (const Patch* mend = mend_in(change)) {
      Quarrel& quarrel = quarrels_[owner][mend->uid];
      ++quarrel.times;
      quarrel.mended = quarrel.seen = now;
    }
}

void MendBudget::forget(const kube::ObjectKey& owner) {
  std::lock_guard lock(mutex_);
  quarrels_.erase(owner);
}

size_t MendBudget::size() const {
  std::lock_guard lock(mutex_);
  return quarrels_.size();
}

}  // namespace cresset::controllers
