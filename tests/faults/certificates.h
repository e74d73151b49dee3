#pragma once
// Certificates: what the proxy shows at a handshake: its own, of the authority in the file that the
// operator trusts; for a while, when a plan says so, one that must be refused; after a rotation one
// of a new authority, which then stands in that file too. Any thread; owned by the World.
//
//   certificates.show("expired", 1500);   Session(…, certificates.now())

#include <boost/asio/ssl.hpp>
#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "tests/support/certificates.h"

namespace cresset::faults {

class Certificates {
 public:
  struct Shown {
    std::string wrong;  // "expired", "other_host", "stranger"; "" = it is to be trusted
    boost::asio::ssl::context& tls;
  };

  // Writes the authority's certificate to `ca_file`.
  explicit Certificates(std::string ca_file);
  Shown now();
  // For `ms`; "rotated" for good.
  void show(const std::string& kind, int ms);

 private:
  void make(const std::string& kind, const testing::TestAuthority& authority,
            const testing::Subject& subject);
  void write(const std::string& authorities) const;

  const std::string ca_file_;
  const testing::TestAuthority authority_{"fault proxy"};
  const testing::TestAuthority next_authority_{"the next fault proxy"};
  std::map<std::string, boost::asio::ssl::context> contexts_;
  std::mutex mutex_;
  std::string usual_;
  std::string wrong_;
  std::chrono::steady_clock::time_point until_;
};

}  // namespace cresset::faults
