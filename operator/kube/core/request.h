#pragma once
// Builds the requests of the Kubernetes API (method, path and query, body, content type) and never
// sends one, so that its tests need no network. Decodes answers (metav1.Status) into Errors and the
// bytes of a watch into events. Pure; any thread.
// Sources: Kubernetes API concepts ("Resource URIs", "Efficient detection of changes",
// "Server-Side Apply"), API conventions ("Response Status Kind").

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/json.h"
#include "operator/kube/core/document.h"
#include "operator/kube/core/object.h"
#include "operator/kube/core/resource.h"

namespace cresset::kube {

// Under which the API server notes which fields are ours, in whatever way they are written. Stable:
// another name would leave its fields behind.
inline constexpr char kFieldManager[] = "cresset-operator";

struct ApiRequest {
  std::string method;
  std::string target;  // path and query
  std::string content_type = {};
  std::string body = {};
  std::string accept = "application/json";
};

struct ListOptions {
  std::string ns;  // "" = all namespaces
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;  // "" = most recent; "0" = any from the watch cache
  int limit = 0;
  std::string continue_token;
};
struct WatchOptions {
  std::string ns;
  std::string label_selector;
  std::string field_selector;
  std::string resource_version;
  int timeout_seconds = 300;
  // Tell first all that there is, not older than `resource_version` (with "": than now), as kAdded;
  // then an event that ends_initial_events(), then what happens ("streaming lists").
  bool initial_events = false;
  std::function<void()> on_open = {};  // the server took the watch; before its first event
};
struct DeleteOptions {
  // Preconditions; an object that does not meet them is a conflict.
  std::optional<base::Uid> uid = {};
  std::optional<base::ResourceVersion> resource_version = {};
  std::optional<int> grace_seconds = {};
  std::string propagation = "Background";
};

ApiRequest get_request(const Resource& resource, const ObjectKey& key);
ApiRequest list_request(const Resource& resource, const ListOptions& options);
ApiRequest watch_request(const Resource& resource, const WatchOptions& options);
// Strict: a field that the API server does not know is refused by name, not dropped.
ApiRequest create_request(const Resource& resource, const std::string& ns,
                          const base::Json& object);
// Server-side apply under `manager`, force: we own what we name. `subresource` "" or "status".
ApiRequest apply_request(const Resource& resource, const ObjectKey& key, const base::Json& object,
                         const std::string& manager, const std::string& subresource = "");
ApiRequest merge_patch_request(const Resource& resource, const ObjectKey& key,
                               const base::Json& patch, const std::string& subresource = "");
ApiRequest replace_request(const Resource& resource, const ObjectKey& key,
                           const base::Json& object);
ApiRequest delete_request(const Resource& resource, const ObjectKey& key,
                          const DeleteOptions& options);

// An answer of status >= 400 (body usually a metav1.Status) as an Error of the fitting kind: 404,
// 409 by its reason (AlreadyExists or Conflict), 410, 422 and 400 invalid, 429, 5xx, 401, 403, 413.
// A 504 that says "Too large resource version" is kGone: as after a 410, list without a version.
base::Error status_error(int http_status, std::string_view body);

enum class WatchEventType { kAdded, kModified, kDeleted, kBookmark, kError };
struct WatchEvent {
  WatchEventType type = WatchEventType::kError;
  JsonView object;  // for kError a metav1.Status; good while the event is told
};
// A bookmark that says: all that there was at its version has been told.
bool ends_initial_events(const WatchEvent& event);

// Feed bytes as they come, split anywhere; whole events come out in order. The first byte says
// whether the stream is lines of JSON or frames of protobuf. An Error (what is broken, an event
// over the limit) ends the stream.
class WatchDecoder {
 public:
  explicit WatchDecoder(size_t max_event_bytes = 8 << 20) : max_event_bytes_(max_event_bytes) {}
  base::Result<void> feed(std::string_view bytes, const std::function<void(WatchEvent)>& on_event);
  // Lines and frames that were no event of a known type with an object; they are passed over.
  size_t skipped() const { return skipped_; }

 private:
  using OnEvent = std::function<void(WatchEvent)>;
  base::Result<void> feed_lines(std::string_view bytes, const OnEvent& on_event);
  base::Result<void> feed_frames(std::string_view bytes, const OnEvent& on_event);
  base::Result<void> decode(std::string_view line, const OnEvent& on_event);
  base::Result<void> decode_frame(std::string_view frame, const OnEvent& on_event);
  base::Error too_large() const;

  size_t max_event_bytes_;
  std::optional<bool> in_frames_;  // once there was a byte
  Document line_;
  std::string pending_;
  size_t skipped_ = 0;
};

}  // namespace cresset::kube
