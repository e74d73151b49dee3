#include "operator/cli/log_merge.h"

#include <algorithm>

#include "operator/base/json.h"

namespace cresset::cli {

namespace {

constexpr size_t kMostLines = 1000;
constexpr size_t kMostBytes = 1 << 20;

base::WallTime time_of(const std::string& text, base::WallTime otherwise) {
  if (!text.starts_with('{')) return otherwise;
  const auto line = base::parse_json(text);
  const auto time = base::parse_time(line ? base::text_at(*line, "/time") : "");
  return time ? *time : otherwise;
}

}  // namespace

bool LogMerge::is_full(int source) const {
  const auto& of = sources_.at(source);
  return of.lines.size() >= kMostLines || of.bytes >= kMostBytes;
}

void LogMerge::push(int source, std::string text, base::WallTime taken, base::MonoTime now) {
  auto& from = sources_[source];
  from.last = std::max(from.last, time_of(text, taken));
  from.bytes += text.size();
  from.lines.push_back({from.last, now, std::move(text)});
}

std::vector<MergedLine> LogMerge::take(base::MonoTime now) {
  std::vector<MergedLine> taken;
  while (true) {
    auto first = sources_.end();
    bool awaited = false;
    for (auto at = sources_.begin(); at != sources_.end(); ++at) {
      if (at->second.lines.empty())
        awaited |= at->second.open;
      else if (first == sources_.end() ||
               at->second.lines.front().time < first->second.lines.front().time)
        first = at;
    }
    if (first == sources_.end()) return taken;
    auto& lines = first->second.lines;
    if (awaited && now < lines.front().arrived + patience_) return taken;
    first->second.bytes -= lines.front().text.size();
    taken.push_back({first->first, std::move(lines.front().text)});
    lines.pop_front();
  }
}

}  // namespace cresset::cli
