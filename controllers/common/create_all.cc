#include "controllers/common/create_all.h"

namespace cresset::controllers {

namespace {

// Pods come up under what else there is of their owner.
bool starts_pods(const Create& create) {
  return create.resource == kube::kPods || create.resource == kube::kDeployments;
}

}  // namespace

CallsDone create_all(kube::Api& api, const std::vector<const Create*>& creates, const Owner& owner,
                     base::WorkerPool& helpers) {
  const auto may_go_on = [&]() -> base::Result<void> {
    if (!owner.is_as_seen || owner.is_as_seen()) return {};
    return base::fail(base::conflict("the owner has changed while its children were made"));
  };
  return make_calls({.count = creates.size(),
                     .call = [&](size_t place) { return create_one(api, *creates[place], owner); },
                     .begins_slowly = [&](size_t place) { return starts_pods(*creates[place]); },
                     .may_go_on = may_go_on},
                    helpers);
}

}  // namespace cresset::controllers
