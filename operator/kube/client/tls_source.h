#pragma once
// TlsSource: keeps the TLS settings of a client up with the files of its configuration: the CA
// bundles, and the client certificate with its key, unless a plugin gives these. They are read
// again about once a minute, and at once after `suspect`; what changed is handed to `use`. A file
// that is away, half written or does not fit its companion keeps the old settings, is logged once,
// and is looked at again a second later. Owned by the Exchange that makes the requests; any thread;
// reads files on the caller's.
//
//   TlsSource tls(config, clock, log, [&](const net::TlsOptions& now) { return http.set_tls(now);
//   }); tls.refresh();   // before each request

#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/kube/client/config.h"
#include "operator/kube/client/credential.h"
#include "operator/net/client/http_client.h"

namespace cresset::kube {

net::TlsOptions tls_options(const ClusterConfig& config);

class TlsSource {
 public:
  using Use = std::function<base::Result<void>(const net::TlsOptions& options)>;

  TlsSource(const ClusterConfig& config, base::Clock& clock, base::Log log, Use use);
  // With the client certificate of `credential`, if it has one. An Error when that cannot be used.
  base::Result<void> refresh(const Credential& credential);
  // Something went wrong that other certificates may heal.
  void suspect();
  // Asked to stop when the client certificate of now is replaced.
  std::stop_token identity();

 private:
  void look_at_files();
  base::Result<void> show(const Credential& credential);
  void follow(const std::string& what, const base::Result<net::TlsOptions>& next);
  base::Result<void> take(const net::TlsOptions& next);
  // With what the file holds now, if there is one.
  base::Result<net::TlsOptions> with(std::string net::TlsOptions::*bundle,
                                     const std::string& file) const;
  base::Result<net::TlsOptions> with_pair() const;

  const std::string ca_file_;
  const std::string extra_ca_file_;
  const std::string certificate_file_;
  const std::string key_file_;
  const std::string plugin_;  // its name, for errors
  base::Clock& clock_;
  const base::Log log_;
  const Use use_;
  std::mutex mutex_;
  net::TlsOptions options_;
  base::MonoTime look_at_;
  std::map<std::string, std::string> told_;  // the last failure of each
  std::stop_source identity_;
  uint64_t turn_ = 0;  // of the credential in use
};

}  // namespace cresset::kube
