#include "operator/runtime/list_pages.h"

namespace cresset::runtime {

using base::Json;

namespace {

constexpr int kPageSize = 500;

void tell_items(Json& page, const kube::Resource& resource, const ListWatchCallbacks& callbacks) {
  const auto items = page.find("items");
  if (items == page.end() || !items->is_array()) return;
  for (auto& item : *items)
    if (accept(item, resource)) callbacks.put(item);
}

}  // namespace

base::Result<std::string> list_pages(kube::Api& api, const InformerOptions& options,
                                     const std::string& version,
                                     const ListWatchCallbacks& callbacks) {
  kube::ListOptions from{.ns = options.ns,
                         .label_selector = options.label_selector,
                         .field_selector = options.field_selector,
                         .resource_version = version,
                         .unread = options.unread};
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
    if (listed_version.empty()) listed_version = base::text_at(*page, "/metadata/resourceVersion");
    from.continue_token = base::text_at(*page, "/metadata/continue");
    tell_items(*page, options.resource, callbacks);
  } while (!from.continue_token.empty());
  if (listed_version.empty())
    return base::fail(base::unavailable("the list has no metadata.resourceVersion"));
  callbacks.end_list();
  return listed_version;
}

bool accept(Json& object, const kube::Resource& resource) {
  if (base::text_at(object, "/kind", resource.kind) != resource.kind ||
      base::text_at(object, "/metadata/name").empty())
    return false;
  if (!object.contains("kind")) object["kind"] = resource.kind;
  if (!object.contains("apiVersion")) object["apiVersion"] = resource.api_version();
  object["metadata"].erase("managedFields");
  return true;
}

}  // namespace cresset::runtime
