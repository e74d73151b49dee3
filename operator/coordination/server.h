#pragma once
// CoordinationServer: the HTTPS endpoint that training workers and gateways talk to
// (worker_contract/coordination.h is the wire). Every call carries a service account's token;
// workers are known by the pod that the token is bound to, never by what they say. Long polls hold
// no thread; whoever changes the caches calls notify(). Only the leader answers, others 503 with
// the leader's address. It also keeps the certificates fresh and their bundle published, on a
// thread of its own, so that a slow API server delays no answer. A Runnable for the Manager, ready
// when it listens; owned by main, everything in ServerParts outlives it. notify() and port() from
// any thread.

#include <condition_variable>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "crds/worker_contract/load.h"
#include "operator/coordination/certificate_authority.h"
#include "operator/coordination/membership.h"
#include "operator/coordination/reports.h"
#include "operator/coordination/token_reviewer.h"
#include "operator/runtime/informer.h"

namespace cresset::coordination {

struct CoordinationOptions {
  std::string address = "0.0.0.0";
  uint16_t port = 8443;
  std::string ns;  // the operator's own
  std::string gateway_account = "cresset-gateway";
  std::chrono::milliseconds long_poll{30000};
  std::chrono::milliseconds refresh_certificates{3600000};
  std::chrono::milliseconds look_at_bundle{60000};  // the leader's one read when nothing happens
  int threads = 4;                                  // that may wait for a token review
};

// The caches, as functions; called from any thread.
struct CoordinationSources {
  std::function<std::optional<JobView>(const kube::ObjectKey& job)> job;
  std::function<std::vector<WorkerPod>(const JobView& job)> pods;
  std::function<std::optional<WorkerPod>(const kube::ObjectKey& pod)> pod;
  std::function<bool()> is_leader = [] { return true; };
  std::function<std::string()> leader = [] { return std::string(); };  // its https address
  std::function<void(const worker_contract::LoadReport&)> on_load =
      [](const worker_contract::LoadReport&) {};
};

class CoordinationServer : public runtime::Runnable {
 public:
  CoordinationServer(CoordinationOptions options, CoordinationSources sources,
                     CertificateAuthority& authority, TokenReviewer& reviewer, Reports& reports,
                     base::Clock& clock, base::Log log);
  ~CoordinationServer() override;

  // The job or one of its pods changed.
  void notify(const kube::ObjectKey& job);
  // This replica leads from now on: what only the leader writes is looked at.
  void lead();
  uint16_t port() const;

  std::string name() const override { return "coordination"; }
  void run(std::stop_token stop) override;
  bool ready() const override;
  std::string waiting_for() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::coordination
