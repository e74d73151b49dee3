#include "operator/kube/core/request.h"

#include <utility>

#include "operator/kube/core/protobuf.h"

namespace cresset::kube {

namespace {

constexpr const char* kJson = "application/json";

// Of what there may be tens of thousands, and what protobuf_fields() knows.
const char* accepted(const Resource& resource) {
  return resource == kPods ? kProtobufOrJson : kJson;
}

// Encodes everything but RFC 3986's unreserved characters, so that no name can leave its segment.
std::string encoded(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}

std::string collection_path(const Resource& resource, const std::string& ns) {
  std::string path =
      resource.group.empty() ? "/api/" : "/apis/" + encoded(resource.group.str()) + "/";
  path += encoded(resource.version.str());
  if (resource.namespaced && !ns.empty()) path += "/namespaces/" + encoded(ns);
  return path + "/" + encoded(resource.plural.str());
}

std::string object_path(const Resource& resource, const ObjectKey& key,
                        const std::string& subresource = "") {
  std::string path = collection_path(resource, key.ns) + "/" + encoded(key.name);
  if (!subresource.empty()) path += "/" + encoded(subresource);
  return path;
}

class Query {
 public:
  void add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? '?' : '&';
    text_ += std::string(name) + "=" + encoded(value);
  }
  void add_unless_empty(std::string_view name, std::string_view value) {
    if (!value.empty()) add(name, value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

ApiRequest get_request(const Resource& resource, const ObjectKey& key) {
  return {.method = "GET", .target = object_path(resource, key)};
}

ApiRequest list_request(const Resource& resource, const ListOptions& options) {
  Query query;
  query.add_unless_empty("labelSelector", options.label_selector);
  query.add_unless_empty("fieldSelector", options.field_selector);
  if (options.limit > 0) query.add("limit", std::to_string(options.limit));
  // A continue token carries the version of its first page; giving both is refused.
  if (!options.continue_token.empty())
    query.add("continue", options.continue_token);
  else
    query.add_unless_empty("resourceVersion", options.resource_version);
  return {.method = "GET",
          .target = collection_path(resource, options.ns) + query.text(),
          .accept = accepted(resource)};
}

ApiRequest watch_request(const Resource& resource, const WatchOptions& options) {
  Query query;
  query.add("watch", "true");
  query.add("allowWatchBookmarks", "true");
  query.add_unless_empty("labelSelector", options.label_selector);
  query.add_unless_empty("fieldSelector", options.field_selector);
  query.add_unless_empty("resourceVersion", options.resource_version);
  if (options.initial_events) {
    query.add("sendInitialEvents", "true");
    query.add("resourceVersionMatch", "NotOlderThan");
  }
  query.add("timeoutSeconds", std::to_string(options.timeout_seconds));
  return {.method = "GET",
          .target = collection_path(resource, options.ns) + query.text(),
          .accept = accepted(resource)};
}

ApiRequest create_request(const Resource& resource, const std::string& ns,
                          const base::Json& object) {
  Query query;
  query.add("fieldManager", kFieldManager);
  query.add("fieldValidation", "Strict");
  return {.method = "POST",
          .target = collection_path(resource, ns) + query.text(),
          .content_type = kJson,
          .body = base::dump(object)};
}

ApiRequest apply_request(const Resource& resource, const ObjectKey& key, const base::Json& object,
                         const std::string& manager, const std::string& subresource) {
  Query query;
  query.add("fieldManager", manager);
  query.add("force", "true");
  base::Json intent = object;
  intent["apiVersion"] = resource.api_version();
  intent["kind"] = resource.kind;
  intent["metadata"]["name"] = key.name;
  if (resource.namespaced) intent["metadata"]["namespace"] = key.ns;
  return {.method = "PATCH",
          .target = object_path(resource, key, subresource) + query.text(),
          .content_type = "application/apply-patch+yaml",
          .body = base::dump(intent)};
}

ApiRequest merge_patch_request(const Resource& resource, const ObjectKey& key,
                               const base::Json& patch, const std::string& subresource) {
  Query query;
  query.add("fieldManager", kFieldManager);
  return {.method = "PATCH",
          .target = object_path(resource, key, subresource) + query.text(),
          .content_type = "application/merge-patch+json",
          .body = base::dump(patch)};
}

ApiRequest replace_request(const Resource& resource, const ObjectKey& key,
                           const base::Json& object) {
  Query query;
  query.add("fieldManager", kFieldManager);
  return {.method = "PUT",
          .target = object_path(resource, key) + query.text(),
          .content_type = kJson,
          .body = base::dump(object)};
}

ApiRequest delete_request(const Resource& resource, const ObjectKey& key,
                          const DeleteOptions& options) {
  base::Json body = {
      {"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"propagationPolicy", options.propagation}};
  if (options.uid) body["preconditions"]["uid"] = options.uid->value();
  if (options.resource_version)
    body["preconditions"]["resourceVersion"] = options.resource_version->value();
  if (options.grace_seconds) body["gracePeriodSeconds"] = *options.grace_seconds;
  return {.method = "DELETE",
          .target = object_path(resource, key),
          .content_type = kJson,
          .body = base::dump(body)};
}

}  // namespace cresset::kube
