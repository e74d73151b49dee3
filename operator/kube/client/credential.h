#pragma once
// Credential: what a client shows to say who it is: a bearer token, a client certificate, or both.
// A value that is a secret: nobody prints it.

#include <cstdint>
#include <string>

namespace cresset::kube {

struct Credential {
  std::string token;
  std::string certificate_pem;
  std::string key_pem;
  uint64_t turn = 0;  // a later one replaces an earlier one
};

}  // namespace cresset::kube
