#pragma once
// Makes one child. A name that is taken is fine when the holder is our own: a cache behind our last
// write asks twice. One of ours from which somebody took the labels that caches and Services select
// by is found here too: it gets them back, but a pod, whose work may rest on them, is deleted and
// made anew. Whatever is somebody else's is left as it is. Any thread; blocks for its calls.

#include <functional>

#include "controllers/common/plan.h"
#include "operator/base/result.h"
#include "operator/kube/client/client.h"

namespace cresset::controllers {

struct Owner {
  const kube::Resource& resource;
  const kube::ObjectMeta& meta;
  std::function<bool()> is_as_seen = {};  // of create_all; none: it always is
};

// kAlreadyExists: somebody else has the name (see foreign.h). kConflict: what has it is going away.
base::Result<void> create_one(kube::Api& api, const Create& create, const Owner& owner);

}  // namespace cresset::controllers
