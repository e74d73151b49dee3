#include "operator/kube/client/pod_logs.h"

namespace cresset::kube {

namespace {

constexpr std::chrono::milliseconds kUntilItBegins{30000};
constexpr std::chrono::hours kLongestStream{24 * 365};
constexpr int kWaits = 3;
constexpr size_t kMaxLine = 1 << 20;  // of a longer one the rest is left out

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
  void finish() {
    const std::string_view line = pending_;
    const size_t space = line.find(' ');
    const auto stamp = line.substr(0, std::min(space, line.size()));
    // The API server knows whole seconds alone.
    if (!line.empty() && stamp > after_)
      on_line_(stamp, space == line.npos ? std::string_view() : line.substr(space + 1));
    pending_.clear();
  }

 private:
  const std::string after_;
  const PodLogs::OnLine& on_line_;
  std::string pending_;
};

}  // namespace

PodLogs::PodLogs(const ClusterConfig& config, base::Clock& clock, base::Log log)
    : exchange_(config, kUntilItBegins, kWaits, clock, nullptr, std::move(log)) {}

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
  auto ended = exchange_.stream(request, kLongestStream, stop, [&](std::string_view bytes) {
    lines.feed(bytes);
    return true;
  });
  lines.finish();
  return ended;
}

}  // namespace cresset::kube
