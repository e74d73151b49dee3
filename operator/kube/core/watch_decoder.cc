#include <algorithm>
#include <array>
#include <utility>

#include "operator/kube/core/request.h"

namespace cresset::kube {

namespace {

// What a longer line needed to be read in is not kept for the next one.
constexpr size_t kKeptLine = 64 << 10;

std::optional<WatchEventType> type_of(std::string_view text) {
  static const std::array<std::pair<std::string_view, WatchEventType>, 5> kTypes = {{
      {"ADDED", WatchEventType::kAdded},
      {"MODIFIED", WatchEventType::kModified},
      {"DELETED", WatchEventType::kDeleted},
      {"BOOKMARK", WatchEventType::kBookmark},
      {"ERROR", WatchEventType::kError},
  }};
  for (const auto& [name, type] : kTypes)
    if (name == text) return type;
  return std::nullopt;
}

}  // namespace

bool ends_initial_events(const WatchEvent& event) {
  return event.type == WatchEventType::kBookmark &&
         event.object.text_at("/metadata/annotations/k8s.io~1initial-events-end") == "true";
}

base::Result<void> WatchDecoder::decode(std::string_view line,
                                        const std::function<void(WatchEvent)>& on_event) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
  if (const auto read = line_.read(line, {.max_bytes = max_event_bytes_}); !read)
    return base::fail(read.error().with_context("a line of the watch"));
  const auto type = type_of(line_.root().text_at("/type"));
  const JsonView object = line_.root().find("/object");
  if (!type || !object.is_object()) {
    ++skipped_;
    return {};
  }
  on_event({.type = *type, .object = object});
  if (line.size() > kKeptLine) line_ = Document();
  return {};
}

base::Result<void> WatchDecoder::feed(std::string_view bytes,
                                      const std::function<void(WatchEvent)>& on_event) {
  for (;;) {
    const size_t end = bytes.find('\n');
    const size_t taken = std::min(end, bytes.size());
    if (pending_.size() + taken > max_event_bytes_)
      return base::fail(base::too_large("an event of the watch has more than " +
                                        std::to_string(max_event_bytes_) + " bytes"));
    if (end == std::string_view::npos) {
      pending_ += bytes;
      return {};
    }
    if (pending_.empty()) {
      CRESSET_CHECK(decode(bytes.substr(0, end), on_event));
    } else {
      const std::string line = std::exchange(pending_, {}) + std::string(bytes.substr(0, end));
      CRESSET_CHECK(decode(line, on_event));
    }
    bytes.remove_prefix(end + 1);
  }
}

}  // namespace cresset::kube
