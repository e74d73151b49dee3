#pragma once
// GoneOwners: objects that a cache was seen to lose, until they are taken: an informer's thread
// notes them, a reconcile takes them, which on a standby does not happen: more than kMost are not
// kept. Their last metadata are all that is. Any thread.

#include <map>
#include <mutex>
#include <optional>

#include "operator/kube/core/object.h"

namespace cresset::controllers {

class GoneOwners {
 public:
  static constexpr size_t kMost = 1000;

  void note(const kube::ObjectMeta& owner);
  std::optional<kube::ObjectMeta> take(const kube::ObjectKey& key);

 private:
  std::mutex mutex_;
  std::map<kube::ObjectKey, kube::ObjectMeta> owners_;
};

}  // namespace cresset::controllers
