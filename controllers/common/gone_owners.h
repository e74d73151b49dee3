#pragma once
// GoneOwners: objects that a cache was seen to lose, until they are taken: an informer's thread
// notes them, a reconcile takes them. Their last metadata are all that is kept. Any thread.

#include <map>
#include <mutex>
#include <optional>

#include "operator/kube/core/object.h"

namespace cresset::controllers {

class GoneOwners {
 public:
  void note(const kube::ObjectMeta& owner);
  std::optional<kube::ObjectMeta> take(const kube::ObjectKey& key);

 private:
  std::mutex mutex_;
  std::map<kube::ObjectKey, kube::ObjectMeta> owners_;
};

}  // namespace cresset::controllers
