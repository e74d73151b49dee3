#pragma once
// Certificates on P-256 keys by OpenSSL 3, as PEM text in and out: a CA, and serving certificates
// that it signs. Time is an argument; keys and serial numbers come from OpenSSL's random source. No
// state; any thread. OpenSSL's types stay in the .cc file.
//
//   CRESSET_TRY(ca, make_ca("cresset coordination", clock.wall(), days(1825)));
//   CRESSET_TRY(serving, issue(ca, {"cresset-operator.cresset.svc"}, clock.wall(), days(30)));

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/clock.h"
#include "operator/base/result.h"

namespace cresset::coordination {

struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
  bool operator==(const KeyPair&) const = default;
};

// Valid from an hour before `now`, because clocks of nodes differ.
base::Result<KeyPair> make_ca(const std::string& common_name, base::WallTime now,
                              std::chrono::seconds lifetime);
// For a server under these DNS names or IP addresses.
base::Result<KeyPair> issue(const KeyPair& ca, const std::vector<std::string>& names,
                            base::WallTime now, std::chrono::seconds lifetime);
// When the first certificate of `pem` ends.
base::Result<base::WallTime> not_after(const std::string& pem);

// 64 hex digits (RFC 2104).
std::string hmac_sha256(std::string_view key, std::string_view text);
// `bytes` random bytes as hex.
base::Result<std::string> random_hex(size_t bytes);

}  // namespace cresset::coordination
