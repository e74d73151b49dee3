#pragma once
// WatchSession: one watch request of a reflector, from its opening to its end. With initial events
// the server first tells all there is; that becomes a list, and the stream goes on as a watch. A
// server that takes such a request and does not say where the beginning ends is given up once it
// told nothing more of it for kEndPatience. Used once; the reflector's thread.

#include <atomic>
#include <functional>
#include <optional>
#include <stop_token>

#include "operator/runtime/patience.h"
#include "operator/runtime/reflector.h"
#include "operator/runtime/sync_policy.h"

namespace cresset::runtime {

class WatchSession {
 public:
  static constexpr std::chrono::seconds kEndPatience{10};

  // What the server showed, called when it did.
  struct Signs {
    std::function<void()> opened;  // it took a watch that goes on where one ended
    std::function<void()> served;  // it told something, a bookmark too
  };

  WatchSession(kube::Api& api, const InformerOptions& options, SyncPolicy& policy,
               const ListWatchCallbacks& callbacks, Signs signs, base::Clock& clock, base::Log log);
  base::Result<void> run(int timeout_seconds, std::stop_token stop);

 private:
  base::Result<void> verdict(const base::Result<void>& ended, base::MonoTime begun) const;
  void on_event(const kube::WatchEvent& event);
  void on_news(const kube::WatchEvent& event);
  void on_initial_bookmark(const kube::WatchEvent& event);
  void on_object(const kube::WatchEvent& event);
  void end_with(base::Error error);

  kube::Api& api_;
  const InformerOptions& options_;
  SyncPolicy& policy_;
  const ListWatchCallbacks& callbacks_;
  const Signs signs_;
  base::Clock& clock_;
  base::Log log_;

  bool initial_ = false;  // until the initial events have ended
  size_t events_ = 0;
  std::optional<base::Error> told_;  // by an event of the stream
  std::stop_source stop_;
  std::optional<Patience> patience_;
};

}  // namespace cresset::runtime
