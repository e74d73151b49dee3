#include "operator/runtime/list_pages.h"

namespace cresset::runtime {

namespace {

constexpr int kPageSize = 500;

void tell_items(const kube::JsonView& page, const kube::Resource& resource,
                const ListWatchCallbacks& callbacks) {
  page.find("/items").each_item([&](const kube::JsonView& item) {
    if (is_of(item, resource)) callbacks.put(item);
  });
}

}  // namespace

base::Result<std::string> list_pages(kube::Api& api, const InformerOptions& options,
                                     const std::string& version,
                                     const ListWatchCallbacks& callbacks) {
  kube::ListOptions from{.ns = options.ns,
                         .label_selector = options.label_selector,
                         .field_selector = options.field_selector,
                         .resource_version = version};
  // A version that is not "" is served from the watch cache only without a limit.
  from.limit = version.empty() ? kPageSize : 0;
  std::string listed_version;
  callbacks.begin_list();
  do {
    auto page = api.list(options.resource, from);
    if (!page && base::is_gone(page.error()) && !from.continue_token.empty()) {
      // The continue token outlived the server's memory: once more, whole.
      from.continue_token = from.resource_version = "";
      from.limit = 0;
      listed_version.clear();
      callbacks.begin_list();
      page = api.list(options.resource, from);
    }
    if (!page) return base::fail(page.error());
    const kube::JsonView root = page->root();
    if (listed_version.empty()) listed_version = root.text_at("/metadata/resourceVersion");
    from.continue_token = root.text_at("/metadata/continue");
    tell_items(root, options.resource, callbacks);
  } while (!from.continue_token.empty());
  if (listed_version.empty())
    return base::fail(base::unavailable("the list has no metadata.resourceVersion"));
  callbacks.end_list();
  return listed_version;
}

bool is_of(const kube::JsonView& object, const kube::Resource& resource) {
  return object.text_at("/kind", resource.kind.str()) == resource.kind.str() &&
         !object.text_at("/metadata/name").empty();
}

}  // namespace cresset::runtime
