#pragma once
// SHA-256 (FIPS 180-4, by OpenSSL) and base64 (RFC 4648, section 4). Pure functions but for
// file_sha256, which reads a file in pieces; any thread.

#include <string>
#include <string_view>

#include "operator/base/result.h"

namespace cresset::base {

// 64 lower-case hex digits.
std::string sha256(std::string_view bytes);
Result<std::string> file_sha256(const std::string& path);
std::string base64(std::string_view bytes);
Result<std::string> from_base64(std::string_view text);

// Feeds pieces, then hex() once. Not for sharing between threads.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void update(std::string_view bytes);
  std::string hex();

 private:
  void* context_;
};

}  // namespace cresset::base
