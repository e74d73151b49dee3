#include "tests/support/odd_api.h"

namespace cresset::testing {

using base::Json;
using base::Result;
using kube::ObjectKey;
using kube::Resource;

Result<Json> OddApi::create(const Resource& resource, const std::string& ns, const Json& object) {
  Json admitted = object;
  if (on_create) on_create(resource, admitted);
  return answer(FakeApi::create(resource, ns, admitted),
                {"create", resource, {ns, base::text_at(object, "/metadata/name")}});
}

Result<void> OddApi::apply(const Resource& resource, const ObjectKey& key, const Json& object,
                           const std::string& manager, const std::string& subresource) {
  return answer(FakeApi::apply(resource, key, object, manager, subresource),
                {"apply", resource, key, subresource});
}

Result<Json> OddApi::merge_patch(const Resource& resource, const ObjectKey& key, const Json& patch,
                                 const std::string& subresource) {
  return answer(FakeApi::merge_patch(resource, key, patch, subresource),
                {"merge_patch", resource, key, subresource});
}

Result<void> OddApi::remove(const Resource& resource, const ObjectKey& key,
                            const kube::DeleteOptions& options) {
  return answer(FakeApi::remove(resource, key, options), {"remove", resource, key});
}

Result<void> OddApi::watch(const Resource& resource, const kube::WatchOptions& options,
                           std::stop_token stop,
                           const std::function<void(kube::WatchEvent)>& on_event) {
  bool initial = options.initial_events;
  return FakeApi::watch(resource, options, stop, [&](kube::WatchEvent event) {
    if (initial) {
      initial = !kube::ends_initial_events(event);
      return on_event(std::move(event));
    }
    if (resource.plural == kept_) keeping_.wait(true);
    for (int i = 0; i < times_told; ++i) on_event(event);
  });
}

void OddApi::keep_back(const Resource& resource) {
  kept_ = resource.plural;
  keeping_ = true;
}

void OddApi::let_go() {
  keeping_ = false;
  keeping_.notify_all();
}

}  // namespace cresset::testing
