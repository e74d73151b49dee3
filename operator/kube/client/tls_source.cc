#include "operator/kube/client/tls_source.h"

#include "operator/kube/client/pem.h"

namespace cresset::kube {

namespace {

constexpr auto kTlsFresh = std::chrono::seconds(60);
constexpr auto kAgain = std::chrono::seconds(1);

}  // namespace

net::TlsOptions tls_options(const ClusterConfig& config) {
  return {.ca_pem = config.ca_pem,
          .extra_ca_pem = config.extra_ca_pem,
          .certificate_pem = config.certificate_pem,
          .key_pem = config.key_pem,
          .server_name = config.tls_server_name,
          .insecure_skip_verify = config.insecure_skip_verify};
}

TlsSource::TlsSource(const ClusterConfig& config, base::Clock& clock, base::Log log, Use use)
    : ca_file_(config.ca_file),
      extra_ca_file_(config.extra_ca_file),
      certificate_file_(config.certificate_file),
      key_file_(config.key_file),
      plugin_(config.exec ? config.exec->name() : ""),
      clock_(clock),
      log_(std::move(log)),
      use_(std::move(use)),
      options_(tls_options(config)),
      look_at_(clock.mono() + kTlsFresh) {}

base::Result<void> TlsSource::refresh(const Credential& credential) {
  std::lock_guard lock(mutex_);
  look_at_files();
  return show(credential);
}

void TlsSource::look_at_files() {
  if ((ca_file_ + extra_ca_file_ + certificate_file_ + key_file_).empty()) return;
  if (clock_.mono() < look_at_) return;
  look_at_ = clock_.mono() + kTlsFresh;
  follow("the CA bundle", with(&net::TlsOptions::ca_pem, ca_file_));
  follow("the extra CAs of " + extra_ca_file_,
         with(&net::TlsOptions::extra_ca_pem, extra_ca_file_));
  follow("the client certificate", with_pair());
}

base::Result<void> TlsSource::show(const Credential& credential) {
  // A request that was slow to come here must not bring an older certificate back.
  if (credential.turn <= turn_) return {};
  net::TlsOptions next = options_;
  next.certificate_pem = credential.certificate_pem;
  next.key_pem = credential.key_pem;
  if (next != options_)
    if (const auto taken = take(next); !taken)
      return base::fail(base::unavailable(plugin_ + ": " + taken.error().message()));
  turn_ = credential.turn;
  return {};
}

void TlsSource::suspect() {
  std::lock_guard lock(mutex_);
  look_at_ = clock_.mono();
}

std::stop_token TlsSource::identity() {
  std::lock_guard lock(mutex_);
  return identity_.get_token();
}

void TlsSource::follow(const std::string& what, const base::Result<net::TlsOptions>& next) {
  const bool changed = !next || *next != options_;
  const auto taken = !next     ? base::Result<void>(base::fail(next.error()))
                     : changed ? take(*next)
                               : base::Result<void>();
  if (taken) {
    told_.erase(what);
    if (changed) log_.info("TLS settings were renewed from their files", {{"what", what}});
    return;
  }
  look_at_ = clock_.mono() + kAgain;
  if (told_[what] == taken.error().message()) return;
  told_[what] = taken.error().message();
  log_.warn("TLS settings cannot be renewed, the old ones are kept",
            {{"what", what}, {"error", taken.error().message()}});
}

base::Result<void> TlsSource::take(const net::TlsOptions& next) {
  CRESSET_CHECK(use_(next));
  const bool another = next.certificate_pem != options_.certificate_pem;
  options_ = next;
  if (another) std::exchange(identity_, std::stop_source()).request_stop();
  return {};
}

base::Result<net::TlsOptions> TlsSource::with(std::string net::TlsOptions::*bundle,
                                              const std::string& file) const {
  net::TlsOptions next = options_;
  if (file.empty()) return next;
  CRESSET_TRY(text, read_pem(file));
  next.*bundle = std::move(text);
  return next;
}

base::Result<net::TlsOptions> TlsSource::with_pair() const {
  CRESSET_TRY(next, with(&net::TlsOptions::certificate_pem, certificate_file_));
  CRESSET_TRY(key, with(&net::TlsOptions::key_pem, key_file_));
  next.key_pem = std::move(key.key_pem);
  return next;
}

}  // namespace cresset::kube
