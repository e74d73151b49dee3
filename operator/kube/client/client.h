#pragma once
// Client: sends what kube/core/request.h builds. One for a process and cluster; owned by main,
// outlives all users; every call may come from any thread and blocks until the answer. Answers of
// 4xx and 5xx come back as Errors of the fitting kind. Throttling (429, 5xx with Retry-After) is
// waited for up to three times for reads and for writes that may be repeated, for creates and
// replaces only after a 429, which was refused undone; nothing else is repeated here, because
// callers reconcile anyway. A credential that the server refuses costs one repeat, after its file
// was read or its plugin was run again. CA bundles and client certificate are read again about once
// a minute and after a connection that failed; another client certificate closes what was opened
// with the old one. A watch ends five seconds after the time that it asked for at the latest, as if
// the server had ended it, whether it goes on or is silent: a dead connection goes unnoticed for no
// longer. No shorter silence means anything, since a server need not send bookmarks.
//
//   kube::Client client(config, log, {.metrics = &metrics});
//   CRESSET_TRY(pod, client.get(kube::kPods, {"default", "web-0"}));

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/json.h"
#include "operator/base/log.h"
#include "operator/base/metrics.h"
#include "operator/base/result.h"
#include "operator/kube/client/config.h"
#include "operator/kube/core/request.h"

namespace cresset::kube {

// What the runtime and the executor need of an API server; Client is the real one, tests may count.
class Api {
 public:
  virtual ~Api() = default;

  virtual base::Result<base::Json> get(const Resource& resource, const ObjectKey& key) = 0;
  // One page; the whole answer with metadata.resourceVersion and metadata.continue.
  virtual base::Result<Document> list(const Resource& resource, const ListOptions& options) = 0;
  virtual base::Result<base::Json> create(const Resource& resource, const std::string& ns,
                                          const base::Json& object) = 0;
  // As create, for who does not read the answer; the real one asks for little and parses nothing.
  virtual base::Result<void> make(const Resource& resource, const std::string& ns,
                                  const base::Json& object) {
    CRESSET_CHECK(create(resource, ns, object));
    return {};
  }
  // Nobody reads its answer: the real one asks for little and parses nothing.
  virtual base::Result<void> apply(const Resource& resource, const ObjectKey& key,
                                   const base::Json& object, const std::string& manager,
                                   const std::string& subresource = "") = 0;
  virtual base::Result<base::Json> merge_patch(const Resource& resource, const ObjectKey& key,
                                               const base::Json& patch,
                                               const std::string& subresource = "") = 0;
  virtual base::Result<base::Json> replace(const Resource& resource, const ObjectKey& key,
                                           const base::Json& object) = 0;
  // Not found is success.
  virtual base::Result<void> remove(const Resource& resource, const ObjectKey& key,
                                    const DeleteOptions& options = {}) = 0;
  // Blocks, feeding events until the server ends the watch (success), stop (kCancelled) or an
  // error.
  virtual base::Result<void> watch(const Resource& resource, const WatchOptions& options,
                                   std::stop_token stop,
                                   const std::function<void(WatchEvent)>& on_event) = 0;
};

struct ClientOptions {
  // rest_client_requests_total{code,method,host}, rest_client_watches_overdue_total{host}
  base::Metrics* metrics = nullptr;
  base::Clock* clock = nullptr;                   // the system's when null
  std::chrono::milliseconds call_timeout{30000};  // of a watch: until the server took it
  int waits = 3;  // at most, for a server that throttles; their time is beyond call_timeout
  std::chrono::milliseconds watch_grace{5000};  // beyond the time that a watch asked for
};

class Client : public Api {
 public:
  Client(ClusterConfig config, base::Log log, ClientOptions options = {});
  ~Client() override;

  base::Result<base::Json> get(const Resource& resource, const ObjectKey& key) override;
  base::Result<Document> list(const Resource& resource, const ListOptions& options) override;
  base::Result<base::Json> create(const Resource& resource, const std::string& ns,
                                  const base::Json& object) override;
  base::Result<void> make(const Resource& resource, const std::string& ns,
                          const base::Json& object) override;
  base::Result<void> apply(const Resource& resource, const ObjectKey& key, const base::Json& object,
                           const std::string& manager,
                           const std::string& subresource = "") override;
  base::Result<base::Json> merge_patch(const Resource& resource, const ObjectKey& key,
                                       const base::Json& patch,
                                       const std::string& subresource = "") override;
  base::Result<base::Json> replace(const Resource& resource, const ObjectKey& key,
                                   const base::Json& object) override;
  base::Result<void> remove(const Resource& resource, const ObjectKey& key,
                            const DeleteOptions& options = {}) override;
  base::Result<void> watch(const Resource& resource, const WatchOptions& options,
                           std::stop_token stop,
                           const std::function<void(WatchEvent)>& on_event) override;
  // GET of a plain path ("/version").
  base::Result<base::Json> get_path(const std::string& target);
  // Ends every call, now and later, with kCancelled: for a process that must stop while the API
  // server does not answer.
  void interrupt();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::kube
