#include "tests/faults/past_stream.h"

namespace cresset::faults {

using base::Json;

Call list_at(Call call, const std::string& version) {
  call.verb = "list";
  for (const char* key : {"watch", "allowWatchBookmarks", "sendInitialEvents", "timeoutSeconds"})
    call.drop_parameter(key);
  call.set_parameter("resourceVersion", version);
  call.set_parameter("resourceVersionMatch", "Exact");
  return call;
}

std::string stream_of(const Json& list, const std::string& version) {
  const std::string kind = base::text_at(list, "/kind");
  if (!kind.ends_with("List") || !list.contains("items")) return "";
  const Json type{{"apiVersion", base::text_at(list, "/apiVersion")},
                  {"kind", kind.substr(0, kind.size() - 4)}};
  std::string lines;
  const auto tell = [&](const char* what, Json object) {
    object.update(type);
    lines += base::dump({{"type", what}, {"object", std::move(object)}}) + "\n";
  };
  for (const auto& item : list["items"]) tell("ADDED", item);
  tell(
      "BOOKMARK",
      {{"metadata",
        {{"resourceVersion", version}, {"annotations", {{"k8s.io/initial-events-end", "true"}}}}}});
  return lines;
}

Call watch_from(Call call, const std::string& version) {
  call.drop_parameter("sendInitialEvents");
  call.drop_parameter("resourceVersionMatch");
  call.set_parameter("resourceVersion", version);
  return call;
}

}  // namespace cresset::faults
