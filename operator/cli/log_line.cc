#include "operator/cli/log_line.h"

#include "operator/base/clean_text.h"
#include "operator/base/json.h"

namespace cresset::cli {

namespace {

constexpr int kColours = 6;  // red to cyan
constexpr int kFirstColour = 31;
constexpr int kYellow = 33;
constexpr int kRed = 31;
constexpr size_t kLevelWidth = 5;
constexpr size_t kMostShown = 16 << 10;
constexpr int64_t kHighestRank = 1000000;

std::string clean(const std::string& text) { return base::clean_line(text, kMostShown); }

std::string coloured(const std::string& text, int colour, bool wanted) {
  return wanted ? "\033[" + std::to_string(colour) + "m" + text + "\033[0m" : text;
}

std::string level_text(const std::string& level, bool colour) {
  std::string text = level;
  if (text.size() < kLevelWidth) text.resize(kLevelWidth, ' ');
  const int shade = level == "error" ? kRed : kYellow;
  return coloured(text, shade, colour && (level == "error" || level == "warn"));
}

// "2026-01-01T12:00:01.250000Z" → "12:00:01.250"
std::string time_text(const std::string& time) {
  const size_t begin = time.find('T');
  if (begin == time.npos) return time;
  return time.substr(begin + 1, std::string("12:00:01.250").size());
}

bool is_of_cresset(const base::Json& line) {
  return line.is_object() && !base::text_at(line, "/time").empty() &&
         !base::text_at(line, "/level").empty() && line.contains("message");
}

base::Json parsed(const std::string& text) {
  if (!text.starts_with('{')) return {};
  auto line = base::parse_json(text);
  return line && is_of_cresset(*line) ? std::move(*line) : base::Json();
}

std::string fields_text(const base::Json& line) {
  std::string text;
  for (const auto& [key, value] : line.items())
    if (key != "time" && key != "level" && key != "message" && key != "rank" && key != "worker")
      text += "  " + key + "=" + (value.is_string() ? value.get<std::string>() : base::dump(value));
  return text;
}

std::optional<int> rank_in(const base::Json& line) {
  const int64_t rank = base::number_at(line, "/rank", -1);
  if (rank < 0 || rank > kHighestRank) return std::nullopt;
  return static_cast<int>(rank);
}

}  // namespace

std::optional<int> rank_of(const std::string& text) { return rank_in(parsed(text)); }

std::string shown_line(const std::string& text, int worker, const LogLook& look) {
  if (look.raw) return look.terminal ? clean(text) : text;
  const auto line = parsed(text);
  const auto rank = rank_in(line);
  const std::string of =
      rank ? "rank " + std::to_string(*rank) : "worker " + std::to_string(worker);
  const int colour = kFirstColour + rank.value_or(worker) % kColours;
  const std::string begin = coloured(of, colour, look.colour) + " | ";
  if (line.is_null()) return begin + clean(text);
  return begin + clean(time_text(base::text_at(line, "/time"))) + " " +
         level_text(clean(base::text_at(line, "/level")), look.colour) + " " +
         clean(base::text_at(line, "/message") + fields_text(line));
}

}  // namespace cresset::cli
