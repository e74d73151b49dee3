#pragma once
// Certificates for tests: a small authority that signs server and client certificates with names
// and addresses, by OpenSSL, in memory, valid from an hour ago for a day. P-256 keys. Values; a
// test makes its own. A failure of OpenSSL ends the test program.
//
//   TestAuthority authority("test CA");
//   Pair server = authority.issue({.names = {"localhost"}, .addresses = {"127.0.0.1"}});
//   net::ServerTls tls{server.certificate_pem, server.key_pem};   client trusts authority.ca_pem()

#include <memory>
#include <string>
#include <vector>

namespace cresset::testing {

struct Pair {
  std::string certificate_pem;
  std::string key_pem;
};

struct Subject {
  std::string common_name = "test";
  std::vector<std::string> names;      // DNS names
  std::vector<std::string> addresses;  // IP addresses
  long seconds = 86400;                // from now; below zero: it has expired
};

class TestAuthority {
 public:
  explicit TestAuthority(const std::string& common_name);
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  const std::string& ca_pem() const;
  Pair issue(const Subject& subject) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cresset::testing
