#pragma once
// CoordinationClient: the calls of worker_contract/coordination.h, one exchange each, on cpprestsdk
// (the only place that uses it: the peer is ours and every call is idempotent, so its silent repeat
// of a POST does no harm). Trusts the CA bundle given and nothing else; sends the pod's token, read
// from its file for each call because the kubelet renews it. Follows no redirect, but goes where a
// standby says that the leader is, until that one cannot be reached. The first call starts
// cpprestsdk's threads: never use it in a process that still forks. Any thread; blocks until the
// answer or a stop request. Errors: kGone (no longer a member), kUnauthorized, kForbidden and
// kNotFound (perhaps the operator has not seen this pod yet), else retryable kinds.
//
//   CoordinationClient client({.url = url, .ca_pem = bundle, .ns = ns, .name = job});
//   CRESSET_TRY(membership, client.membership(0, stop));

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "crds/worker_contract/coordination.h"
#include "crds/worker_contract/names.h"
#include "operator/base/result.h"

namespace cresset::train {

struct CoordinationOptions {
  std::string url;     // https://host:port of any replica of the operator
  std::string ca_pem;  // may hold several
  std::string ns;
  std::string name;  // of the TrainingJob
  std::string token_path = worker_contract::kTokenPath;
  std::chrono::milliseconds long_poll_timeout{45000};  // over the server's 30 s
  std::chrono::milliseconds timeout{10000};            // of a report
};

// What the supervisor needs of the operator; tests give their own.
class Coordination {
 public:
  virtual ~Coordination() = default;
  // Nothing: the server's time was up, ask again.
  virtual base::Result<std::optional<worker_contract::Membership>> membership(
      int after, std::stop_token stop) = 0;
  virtual base::Result<void> report(const worker_contract::Progress& progress,
                                    std::stop_token stop) = 0;
};

class CoordinationClient : public Coordination {
 public:
  explicit CoordinationClient(CoordinationOptions options);
  ~CoordinationClient() override;

  base::Result<std::optional<worker_contract::Membership>> membership(
      int after, std::stop_token stop) override;
  base::Result<void> report(const worker_contract::Progress& progress,
                            std::stop_token stop) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::train
