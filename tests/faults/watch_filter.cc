#include "tests/faults/watch_filter.h"

#include <algorithm>
#include <set>

namespace cresset::faults {

using base::Json;

namespace {

constexpr base::JsonLimits kEventLimits{.max_bytes = 64 << 20, .max_depth = 256};

std::string gone_line() {
  const Json status{{"kind", "Status"},
                    {"apiVersion", "v1"},
                    {"metadata", Json::object()},
                    {"status", "Failure"},
                    {"message", "too old resource version: 1 (2)"},
                    {"reason", "Expired"},
                    {"code", 410}};
  return base::dump({{"type", "ERROR"}, {"object", status}}) + "\n";
}

Json event_of(const std::string& line) {
  auto parsed = base::parse_json(line, kEventLimits);
  return parsed ? *parsed : Json::object();
}

// An event that has no such place stays as it is.
std::string corrupted(const std::string& line, const Rule& rule) {
  Json event = event_of(line);
  try {
    const Json::json_pointer place(rule.path);
    if (rule.value)
      event[place] = *rule.value;
    else
      event.at(place.parent_pointer()).erase(place.back());
  } catch (const Json::exception&) {
    return line;
  }
  return base::dump(event) + "\n";
}

// Where a line is broken in two.
size_t break_of(const Rule& rule, const std::string& line) {
  const auto several = std::find_if(line.begin(), line.end(), [](const char byte) {
    return static_cast<unsigned char>(byte) >= 0xC0;  // the first byte of a character of several
  });
  if (rule.in_character && several != line.end()) return several - line.begin() + 1;
  return line.size() * static_cast<size_t>(rule.at) / 1000;
}

}  // namespace

WatchFilter::WatchFilter(World& world, const Watch& watch)
    : world_(world),
      call_(watch.call),
      id_(watch.id),
      connection_(watch.connection),
      endless_(watch.endless),
      initial_(watch.call.streams_list() || !watch.begins.empty()) {
  if (const auto past = world.past(call_.resource)) hold_until(past->until, false);
  feed(watch.begins);
}

void WatchFilter::hold_until(TimePoint until, bool compress) {
  until_ = std::max(until_.value_or(until), until);
  compress_ = compress;
}

void WatchFilter::feed(std::string_view bytes) {
  pending_ += bytes;
  for (size_t end; (end = pending_.find('\n')) != std::string::npos;) {
    const std::string line = pending_.substr(0, end + 1);
    pending_.erase(0, end + 1);
    if (!ended_ && !silent()) on_line(line);
  }
}

void WatchFilter::on_line(const std::string& original) {
  std::string line = original;
  const Json event = event_of(line);
  const std::string type = base::text_at(event, "/type");
  const std::string name = base::text_at(event, "/object/metadata/name");
  if (initial_ && type != "ERROR") return on_initial(event, std::move(line));
  world_.trace.add({{"kind", "event"},
                    {"id", id_},
                    {"type", type},
                    {"resource", call_.resource},
                    {"namespace", base::text_at(event, "/object/metadata/namespace")},
                    {"name", name},
                    {"rv", base::text_at(event, "/object/metadata/resourceVersion")}});
  if (type == "BOOKMARK" && (drop_bookmarks_ || until_)) return;
  bool written = false;
  if (type != "BOOKMARK" && type != "ERROR")
    for (const auto& rule : world_.matcher.due("event", call_, name, type)) {
      world_.trace.add({{"kind", "fault"},
                        {"rule", rule.index},
                        {"on", "event"},
                        {"do", rule.action},
                        {"id", id_}});
      apply(rule, line, written);
    }
  if (!written) emit(std::move(line));
}

void WatchFilter::on_initial(const Json& event, std::string line) {
  const bool ends =
      base::text_at(event, "/object/metadata/annotations/k8s.io~1initial-events-end") == "true";
  if (ends && endless_) return;
  initial_ = !ends;
  ready_.push_back(std::move(line));
}

void WatchFilter::apply(const Rule& rule, std::string& line, bool& written) {
  if (rule.action == "hold") {
    hold_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(rule.ms),
               rule.compress);
  } else if (rule.action == "duplicate") {
    for (int i = 0; i < rule.times; ++i) emit(line);
  } else if (rule.action == "mark") {
    world_.mark(base::text_at(event_of(line), "/object/metadata/resourceVersion"));
  } else if (rule.action == "corrupt") {
    corrupt(rule, line);
    written = true;
  } else if (ends_with(rule, line)) {
    written = ended_ = true;
  } else if (rule.action == "split") {
    split(rule, line);
    written = true;
  } else if (rule.action == "drip" || rule.action == "trickle") {
    trickle(rule, line);
    written = true;
  } else if (rule.action == "half_open") {
    world_.fall_silent(connection_);
    written = true;
  } else if (rule.action == "drop_bookmarks") {
    drop_bookmarks_ = true;
  }
}

bool WatchFilter::ends_with(const Rule& rule, const std::string& line) {
  if (rule.action == "gone") {
    emit(gone_line());
  } else if (rule.action == "rewind") {
    world_.rewind(call_.resource, rule.ms);
    emit(gone_line());
  } else if (rule.action == "replay") {
    world_.replay(call_);
    emit(line);
  } else if (rule.action == "truncate") {
    emit(line.substr(0, break_of(rule, line)));
  } else {
    return false;
  }
  return true;
}

void WatchFilter::split(const Rule& rule, const std::string& line) {
  const size_t at = break_of(rule, line);
  emit(line.substr(0, at));
  hold_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(rule.ms), false);
  emit(line.substr(at));
}

void WatchFilter::trickle(const Rule& rule, const std::string& line) {
  if (rule.action == "trickle") pace_ = std::chrono::milliseconds(rule.ms);
  for (const char byte : line) emit(std::string(1, byte));
}

void WatchFilter::corrupt(const Rule& rule, const std::string& line) {
  emit(corrupted(line, rule));
  hold_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(rule.ms),
             until_.has_value() && compress_);
  emit(line);
}

void WatchFilter::emit(std::string line) {
  if (line.empty()) return;  // as a chunk it would end the answer
  if (until_)
    held_.push_back(std::move(line));
  else
    ready_.push_back(std::move(line));
}

std::vector<std::string> WatchFilter::released() {
  std::vector<std::string> lines(held_.begin(), held_.end());
  held_.clear();
  if (!compress_) return lines;
  // Only the newest of each object: what lay between was never to be seen.
  std::vector<std::string> newest;
  std::set<std::string> seen;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    if (seen.insert(base::text_at(event_of(*line), "/object/metadata/name")).second)
      newest.insert(newest.begin(), *line);
  return newest;
}

std::vector<std::string> WatchFilter::take(TimePoint now) {
  if (until_ && now >= *until_ && !silent()) {
    for (auto& line : released()) ready_.push_back(std::move(line));
    until_.reset();
  }
  if (pace_.count() == 0) return std::exchange(ready_, {});
  if (ready_.empty() || now < next_piece_) return {};
  next_piece_ = now + pace_;
  std::vector<std::string> piece{std::move(ready_.front())};
  ready_.erase(ready_.begin());
  if (ready_.empty()) pace_ = {};
  return piece;
}

std::optional<TimePoint> WatchFilter::next() const {
  if (silent()) return std::nullopt;
  if (pace_.count() == 0 || ready_.empty()) return until_;
  return std::min(until_.value_or(next_piece_), next_piece_);
}

}  // namespace cresset::faults
