#include "operator/kube/client/pod_logs.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "operator/base/clean_text.h"
#include "operator/kube/client/exchange.h"

namespace cresset::kube {

namespace {

constexpr std::chrono::milliseconds kUntilItBegins{30000};
constexpr std::chrono::hours kLongestStream{24 * 365};
constexpr int kWaits = 3;
constexpr size_t kMaxLine = 1 << 20;  // of a longer one the rest is left out
constexpr size_t kMaxReason = 1024;

// "+02:00" or "-07:30".
std::optional<std::chrono::minutes> offset_of(std::string_view zone) {
  int hours = 0;
  int minutes = 0;
  const auto reads = [&](size_t begin, int& number) {
    const char* end = zone.data() + begin + 2;
    return std::from_chars(zone.data() + begin, end, number).ptr == end && number >= 0;
  };
  if (zone.size() != 6 || zone[3] != ':' || !reads(1, hours) || !reads(4, minutes)) return {};
  const std::chrono::minutes offset{hours * 60 + minutes};
  return zone[0] == '-' ? -offset : offset;
}

// Of a stamp, as a value in a query; the API server takes no fraction of a second, but any zone.
std::string second_of(const std::string& stamp) {
  const size_t fraction = std::min(stamp.find('.'), stamp.size());
  const size_t zone = std::min(stamp.find_first_not_of(".0123456789", fraction), stamp.size());
  std::string text = stamp.substr(0, fraction) + stamp.substr(zone);
  if (const size_t plus = text.find('+'); plus != text.npos) text.replace(plus, 1, "%2B");
  return text;
}

// Cuts a stream into lines.
class Lines {
 public:
  Lines(const std::string& after, const PodLogs::OnLine& on_line)
      : after_(after), on_line_(on_line) {}

  void feed(std::string_view bytes) {
    while (!bytes.empty()) {
      const size_t end = std::min(bytes.find('\n'), bytes.size());
      pending_.append(bytes.substr(0, std::min(end, kMaxLine - pending_.size())));
      if (end == bytes.size()) return;
      finish();
      bytes.remove_prefix(end + 1);
    }
  }
  // After the last byte. `whole`: nothing more comes of the line that has no end; what cannot begin
  // with a stamp is no line of the container's anyhow.
  void end(bool whole) {
    const size_t space = pending_.find(' ');
    if (whole || (space != pending_.npos && !stamp_time(pending_.substr(0, space)))) finish();
  }
  // The first that had no stamp.
  const std::string& unstamped() const { return unstamped_; }

 private:
  void finish() {
    const std::string_view line = pending_;
    const size_t space = std::min(line.find(' '), line.size());
    const auto stamp = line.substr(0, space);
    if (!stamp_time(stamp)) {
      if (unstamped_.empty()) unstamped_ = base::clean_begin(line, kMaxReason);
    } else if (stamp > after_) {  // the API server knows whole seconds alone
      on_line_(stamp, line.substr(std::min(space + 1, line.size())));
    }
    pending_.clear();
  }

  const std::string after_;
  const PodLogs::OnLine& on_line_;
  std::string pending_;
  std::string unstamped_;
};

}  // namespace

std::optional<base::WallTime> stamp_time(std::string_view stamp) {
  constexpr size_t kZone = 6;
  std::chrono::minutes offset{0};
  std::string text(stamp);
  if (!text.ends_with('Z') && text.size() > kZone) {
    const size_t zone = text.size() - kZone;
    const auto found =
        text[zone] == '+' || text[zone] == '-' ? offset_of(stamp.substr(zone)) : std::nullopt;
    if (!found) return {};
    offset = *found;
    text.replace(zone, kZone, "Z");
  }
  const auto time = base::parse_time(text);
  return time ? std::optional(*time - offset) : std::nullopt;
}

PodLogs::PodLogs(const ClusterConfig& config, base::Clock& clock, base::Log log)
    : exchange_(std::make_unique<Exchange>(config, kUntilItBegins, kWaits, clock, nullptr,
                                           std::move(log))) {}

PodLogs::~PodLogs() = default;

base::Result<void> PodLogs::read(const ObjectKey& pod, const PodLogOptions& options,
                                 std::stop_token stop, const OnLine& on_line) {
  ApiRequest request = get_request(kPods, pod);
  request.accept = "*/*";
  request.target += "/log?timestamps=true&container=" + options.container;
  if (options.follow) request.target += "&follow=true";
  if (!options.after.empty())
    request.target += "&sinceTime=" + second_of(options.after);
  else if (options.since_seconds)
    request.target += "&sinceSeconds=" + std::to_string(*options.since_seconds);
  Lines lines(options.after, on_line);
  auto ended = exchange_->stream(request, kLongestStream, stop, [&](std::string_view bytes) {
    lines.feed(bytes);
    return true;
  });
  if (!ended) return ended;
  lines.end(!options.follow);
  if (!lines.unstamped().empty()) return base::fail(base::unavailable(lines.unstamped()));
  return {};
}

}  // namespace cresset::kube
