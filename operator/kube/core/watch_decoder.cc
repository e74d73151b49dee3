#include <algorithm>
#include <array>
#include <utility>

#include "operator/kube/core/protobuf.h"
#include "operator/kube/core/request.h"

namespace cresset::kube {

namespace {

// What a longer line needed to be read in is not kept for the next one.
constexpr size_t kKeptLine = 64 << 10;
// Before a frame stands its length in four bytes, the highest first, which of events that anybody
// takes is zero. No JSON begins with that.
constexpr size_t kFrameHeader = 4;
constexpr char kFrameBegin = 0;

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

base::Result<void> WatchDecoder::decode(std::string_view line, const OnEvent& on_event) {
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

base::Result<void> WatchDecoder::decode_frame(std::string_view frame, const OnEvent& on_event) {
  const auto line = json_of_protobuf_event(frame);
  if (!line) return base::fail(line.error().with_context("a frame of the watch"));
  return decode(*line, on_event);
}

base::Error WatchDecoder::too_large() const {
  return base::too_large("an event of the watch has more than " + std::to_string(max_event_bytes_) +
                         " bytes");
}

base::Result<void> WatchDecoder::feed(std::string_view bytes, const OnEvent& on_event) {
  if (bytes.empty()) return {};
  if (!in_frames_) in_frames_ = bytes.front() == kFrameBegin;
  return *in_frames_ ? feed_frames(bytes, on_event) : feed_lines(bytes, on_event);
}

base::Result<void> WatchDecoder::feed_frames(std::string_view bytes, const OnEvent& on_event) {
  for (;;) {
    const size_t before = pending_.size();
    if (before + bytes.size() < kFrameHeader) {
      pending_ += bytes;
      return {};
    }
    size_t length = 0;
    for (size_t i = 0; i < kFrameHeader; ++i)
      length =
          length << 8 | static_cast<unsigned char>(i < before ? pending_[i] : bytes[i - before]);
    if (length > max_event_bytes_) return base::fail(too_large());
    const size_t wanted = kFrameHeader + length - before;
    if (wanted > bytes.size()) {
      pending_ += bytes;
      return {};
    }
    if (before == 0) {
      CRESSET_CHECK(decode_frame(bytes.substr(kFrameHeader, length), on_event));
    } else {
      const std::string frame = std::exchange(pending_, {}) + std::string(bytes.substr(0, wanted));
      CRESSET_CHECK(decode_frame(std::string_view(frame).substr(kFrameHeader), on_event));
    }
    bytes.remove_prefix(wanted);
  }
}

base::Result<void> WatchDecoder::feed_lines(std::string_view bytes, const OnEvent& on_event) {
  for (;;) {
    const size_t end = bytes.find('\n');
    const size_t taken = std::min(end, bytes.size());
    if (pending_.size() + taken > max_event_bytes_) return base::fail(too_large());
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
