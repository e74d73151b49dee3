#include "operator/runtime/event_series.h"

#include <algorithm>

#include "operator/base/digest.h"

namespace cresset::runtime {

namespace {

constexpr size_t kMaxSeries = 4096;
constexpr size_t kMaxNote = 1024;
constexpr size_t kMaxName = 253;
constexpr size_t kHashDigits = 16;
constexpr auto kRefresh = std::chrono::minutes(30);
constexpr auto kQuiet = std::chrono::minutes(6);

std::string identity(const ObjectReference& about, const EventNote& note) {
  const base::Json parts = {about.api_version, about.kind,        about.ns,
                            about.name,        about.uid.value(), note.type == EventType::kWarning,
                            note.reason,       note.action,       note.note};
  return base::dump(parts);
}

// At most kMaxNote bytes, cut between characters.
std::string shortened(const std::string& note) {
  if (note.size() <= kMaxNote) return note;
  size_t end = kMaxNote - 3;
  while (end > 0 && (static_cast<unsigned char>(note[end]) & 0xC0) == 0x80) --end;
  return note.substr(0, end) + "...";
}

}  // namespace

std::vector<EventWrite> EventSeries::observe(const ObjectReference& about, const EventNote& note,
                                             base::WallTime wall, base::MonoTime now) {
  const std::string id = identity(about, note);
  const auto known = series_.find(id);
  if (known == series_.end()) {
    if (series_.size() >= kMaxSeries) forget_oldest();
    // The time keeps a later series of the same event from meeting the object of an earlier one.
    const std::string hash = base::sha256(id + base::format_micro_time(wall));
    std::string name = about.name.substr(0, kMaxName - kHashDigits - 1);
    while (name.ends_with('.') || name.ends_with('-')) name.pop_back();  // cut within a name
    const kube::ObjectKey key{about.ns.empty() ? "default" : about.ns,
                              name + "." + hash.substr(0, kHashDigits)};
    Series begun{.key = key,
                 .object = render(key, about, note, wall),
                 .seen_wall = wall,
                 .seen = now,
                 .written_at = now};
    EventWrite write{.key = key, .object = begun.object};
    series_.emplace(id, std::move(begun));
    return {std::move(write)};
  }
  Series& series = known->second;
  ++series.count;
  series.seen = now;
  series.seen_wall = wall;
  if (series.written > 1 && now - series.written_at < kRefresh) return {};
  return {patch_of(series, now)};
}

std::vector<EventWrite> EventSeries::sweep(base::MonoTime now) {
  std::vector<EventWrite> writes;
  for (auto it = series_.begin(); it != series_.end();) {
    if (now - it->second.seen < kQuiet) {
      ++it;
      continue;
    }
    if (it->second.count > it->second.written) writes.push_back(patch_of(it->second, now));
    it = series_.erase(it);
  }
  return writes;
}

base::Json EventSeries::render(const kube::ObjectKey& key, const ObjectReference& about,
                               const EventNote& note, base::WallTime wall) const {
  base::Json regarding = {{"apiVersion", about.api_version},
                          {"kind", about.kind},
                          {"name", about.name},
                          {"uid", about.uid.value()}};
  if (!about.ns.empty()) regarding["namespace"] = about.ns;
  return {{"apiVersion", kube::kEvents.api_version()},
          {"kind", kube::kEvents.kind},
          {"metadata", {{"name", key.name}, {"namespace", key.ns}}},
          {"eventTime", base::format_micro_time(wall)},
          {"type", note.type == EventType::kWarning ? "Warning" : "Normal"},
          {"reason", note.reason},
          {"action", note.action.empty() ? note.reason : note.action},
          {"note", shortened(note.note)},
          {"regarding", std::move(regarding)},
          {"reportingController", component_},
          {"reportingInstance", instance_.substr(0, 128)}};
}

EventWrite EventSeries::patch_of(Series& series, base::MonoTime now) {
  series.written = series.count;
  series.written_at = now;
  const base::Json state = {{"count", series.count},
                            {"lastObservedTime", base::format_micro_time(series.seen_wall)}};
  base::Json object = series.object;
  object["series"] = state;
  return {.key = series.key,
          .create = false,
          .object = std::move(object),
          .patch = {{"series", state}}};
}

void EventSeries::forget_oldest() {
  series_.erase(std::min_element(series_.begin(), series_.end(), [](const auto& a, const auto& b) {
    return a.second.seen < b.second.seen;
  }));
}

}  // namespace cresset::runtime
