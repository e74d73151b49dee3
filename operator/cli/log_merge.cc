#include "operator/cli/log_merge.h"

#include <algorithm>

#include "operator/base/json.h"

namespace cresset::cli {

namespace {

base::WallTime time_of(const std::string& text) {
  if (!text.starts_with('{')) return base::WallTime::min();
  const auto line = base::parse_json(text);
  const auto time = base::parse_time(line ? base::text_at(*line, "/time") : "");
  return time ? *time : base::WallTime::min();
}

}  // namespace

void LogMerge::push(int source, std::string text, base::MonoTime now) {
  auto& from = sources_[source];
  from.last = std::max(from.last, time_of(text));
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
    taken.push_back({first->first, std::move(lines.front().text)});
    lines.pop_front();
  }
}

}  // namespace cresset::cli
