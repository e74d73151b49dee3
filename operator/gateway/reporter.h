#pragma once
// Reporter: tells the leader once a second what each revision's demand is (POST /v1/load), and at
// once when a request arrives for a sleeping service. A standby's answer says where the leader is;
// one that cannot be reached any more is forgotten. It authenticates with the gateway's own
// projected token and trusts the CA of the coordination endpoint; both files are re-read, and it is
// not an error that the CA's is not there yet (the operator writes it). A report that cannot be
// delivered is dropped: the next one tells the present. One thread of its own, that of run().

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "crds/worker_contract/load.h"
#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/net/client/http_client.h"

namespace cresset::gateway {

struct ReporterOptions {
  std::string leader_url;  // https://host:port of any replica of the operator
  std::string ca_file;
  std::string token_file;
  std::chrono::milliseconds period{1000};
};

class Reporter {
 public:
  // Gives the revisions' loads since the last call.
  using Collect = std::function<std::vector<worker_contract::RevisionLoad>()>;

  Reporter(ReporterOptions options, std::string gateway, Collect collect, base::Clock& clock,
           base::Log log);
  void run(std::stop_token stop);
  // The next report leaves now.
  void wake();

 private:
  base::Result<void> deliver(const worker_contract::LoadReport& report, std::stop_token stop);
  base::Result<void> post(const worker_contract::LoadReport& report, std::stop_token stop);

  ReporterOptions options_;
  std::string gateway_;
  Collect collect_;
  base::Clock& clock_;
  base::Log log_;
  std::string ca_;
  std::string leader_;  // "": options_.leader_url
  std::unique_ptr<net::HttpClient> client_;
  bool delivered_ = true;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool awake_ = false;
};

}  // namespace cresset::gateway
