#pragma once
// PodLogs: what a container of a pod wrote, read from the API server line by line, each with the
// time at which the node took it. With an exchange of its own, so that long streams share nothing
// with a Client's calls. Owned by who reads; every call may come from any thread and blocks until
// the stream ends.
//
//   kube::PodLogs logs(config, clock, log);
//   logs.read({"team", "digits-0"}, {.container = "worker", .follow = true}, stop, on_line);

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/base/result.h"
#include "operator/kube/client/config.h"
#include "operator/kube/core/request.h"

namespace cresset::kube {

class Exchange;

struct PodLogOptions {
  std::string container;
  bool follow = false;  // until the container ends
  std::optional<int64_t> since_seconds = {};
  std::string after = {};  // the stamp of a line: those that come after it, in place of the above
};

// The time of a stamp: RFC 3339, in any zone; nothing: it is none.
std::optional<base::WallTime> stamp_time(std::string_view stamp);

class PodLogs {
 public:
  // `stamp`: RFC 3339 with nanoseconds, of one length for one container, so that stamps compare as
  // texts. No newline at the end of the text.
  using OnLine = std::function<void(std::string_view stamp, std::string_view text)>;

  PodLogs(const ClusterConfig& config, base::Clock& clock, base::Log log);
  ~PodLogs();

  // Success when the container ended or, unless it is followed, all was read. A quiet container may
  // time out before its first line. Of a followed one the end of an unfinished line may still come,
  // so that it is left to a later read. What has no stamp is the node's word on why it has no more,
  // in an answer that began well: an Error.
  base::Result<void> read(const ObjectKey& pod, const PodLogOptions& options, std::stop_token stop,
                          const OnLine& on_line);

 private:
  const std::unique_ptr<Exchange> exchange_;
};

}  // namespace cresset::kube
