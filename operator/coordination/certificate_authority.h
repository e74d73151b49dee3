#pragma once
// CertificateAuthority: the CA of the coordination endpoint. The leader keeps it in one named
// Secret of its own namespace (the only Secret that Cresset ever reads), makes it when absent, and
// publishes the bundle of trusted CAs as a ConfigMap for the gateways; worker pods get the bundle
// in their environment. A pod keeps the bundle that it was made with, so the next CA is published
// long before it signs: with the default spans a worker pod may be a year old and still trusts
// every server. Also holds the key from which the secrets of groups are derived; it is never
// rotated, so that a round keeps its secret. A replica that does not lead reads the Secret, serves
// with a certificate of its own and writes nothing. Nothing tells of the ConfigMap's being deleted
// or changed: it is read again now and then (one GET; a watch would need rights and a connection of
// its own) and written only when it is not as it should be. Owned by main; any thread; refresh()
// and keep_published() by one at a time.
//
//   CertificateAuthority authority(api, {.ns = "cresset", .leader = pod, .names = {…}}, clock,
//   log); CRESSET_CHECK(authority.refresh());   authority.bundle();   authority.serving();

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/json.h"
#include "operator/base/log.h"
#include "operator/coordination/certificates.h"
#include "operator/kube/client/client.h"

namespace cresset::coordination {

inline constexpr char kAuthorityName[] = "cresset-coordination-ca";  // Secret and ConfigMap
inline constexpr char kBundleKey[] = "ca.crt";                       // in the ConfigMap

struct AuthorityOptions {
  std::string ns;
  std::string leader;              // pod name, noted on the Secret
  std::vector<std::string> names;  // DNS names and addresses of the server
  std::function<bool()> is_leader = [] { return true; };
  std::chrono::seconds lifetime = std::chrono::days(5 * 365);
  // The next CA is made when this much of the current one's life is left …
  std::chrono::seconds next_at = std::chrono::days(2 * 365);
  // … and signs from here on.
  std::chrono::seconds switch_at = std::chrono::days(365);
  std::chrono::seconds serving_lifetime = std::chrono::days(30);
};

// What the Secret holds.
struct AuthorityState {
  KeyPair current;
  std::optional<KeyPair> next;
  std::string previous_pem;  // still trusted, signs nothing any more
  std::string group_key;
  bool operator==(const AuthorityState&) const = default;
};

base::Result<AuthorityState> new_authority(const AuthorityOptions& options, base::WallTime now);
// Makes the next CA, switches to it, drops what has ended; returns whether anything changed.
base::Result<bool> rotate(AuthorityState& state, const AuthorityOptions& options,
                          base::WallTime now);
// All that is trusted, the signing one first.
std::string bundle_of(const AuthorityState& state);
base::Json encode_secret_data(const AuthorityState& state);
base::Result<AuthorityState> decode_secret_data(const base::Json& data);

class CertificateAuthority {
 public:
  CertificateAuthority(kube::Api& api, AuthorityOptions options, base::Clock& clock, base::Log log);

  // Reads or makes the Secret, rotates, publishes the bundle, renews the serving certificate. At
  // the start and then every hour; what is still good stays. Returns whether serving() changed.
  base::Result<bool> refresh();
  // Once a minute: the bundle that this replica published last is still in its ConfigMap, or it is
  // put there again. A replica that has published none asks for nothing.
  base::Result<void> keep_published();

  // Empty before the first refresh().
  std::string bundle() const;
  KeyPair serving() const;
  std::string group_key() const;

 private:
  base::Result<base::Json> read_or_create();
  base::Result<AuthorityState> load();
  base::Result<AuthorityState> read();
  base::Result<void> save(const base::Json& secret, const AuthorityState& state);
  base::Result<void> publish(const std::string& bundle);
  base::Result<bool> renew_serving(const AuthorityState& state, const std::string& bundle);

  kube::Api& api_;
  const AuthorityOptions options_;
  base::Clock& clock_;
  base::Log log_;
  mutable std::mutex mutex_;
  std::string published_;  // the last bundle, by this replica as the leader
  std::string bundle_;
  std::string group_key_;
  KeyPair serving_;
  KeyPair signed_by_;
};

}  // namespace cresset::coordination
