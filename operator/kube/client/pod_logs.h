#pragma once
// PodLogs: what a container of a pod wrote, read from the API server line by line, each with the
// time at which the node took it. With an exchange of its own, so that long streams share nothing
// with a Client's calls. Owned by who reads; every call may come from any thread and blocks until
// the stream ends.
//
//   kube::PodLogs logs(config, clock, log);
//   logs.read({"team", "digits-0"}, {.container = "worker", .follow = true}, stop, on_line);

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "operator/kube/client/exchange.h"

namespace cresset::kube {

struct PodLogOptions {
  std::string container;
  bool follow = false;  // until the container ends
  std::optional<int64_t> since_seconds = {};
  std::string after = {};  // the stamp of a line: those that come after it, in place of the above
};

class PodLogs {
 public:
  // `stamp`: RFC 3339 with nanoseconds, of one length for one container, so that stamps compare as
  // texts. No newline at the end of the text.
  using OnLine = std::function<void(std::string_view stamp, std::string_view text)>;

  PodLogs(const ClusterConfig& config, base::Clock& clock, base::Log log);

  // Success when the container ended or, unless it is followed, all was read. A quiet container may
  // time out before its first line.
  base::Result<void> read(const ObjectKey& pod, const PodLogOptions& options, std::stop_token stop,
                          const OnLine& on_line);

 private:
  Exchange exchange_;
};

}  // namespace cresset::kube
