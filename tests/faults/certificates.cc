#include "tests/faults/certificates.h"

#include <cstdio>
#include <fstream>

namespace cresset::faults {

namespace asio = boost::asio;
using testing::Subject;
using testing::TestAuthority;

Certificates::Certificates(std::string ca_file) : ca_file_(std::move(ca_file)) {
  const Subject here{.names = {"localhost"}, .addresses = {"127.0.0.1"}};
  Subject expired = here;
  expired.seconds = -60;
  make("", authority_, here);
  make("expired", authority_, expired);
  make("other_host", authority_, {.names = {"elsewhere.test"}, .addresses = {"127.0.0.2"}});
  make("stranger", TestAuthority("fault proxy"), here);  // of the same name, and nobody's
  make("rotated", next_authority_, here);
  write(authority_.ca_pem());
}

Certificates::Shown Certificates::now() {
  std::lock_guard lock(mutex_);
  const bool lies = !wrong_.empty() && std::chrono::steady_clock::now() < until_;
  return lies ? Shown{wrong_, contexts_.at(wrong_)} : Shown{"", contexts_.at(usual_)};
}

void Certificates::show(const std::string& kind, int ms) {
  std::lock_guard lock(mutex_);
  if (kind == "rotated") {
    write(authority_.ca_pem() + next_authority_.ca_pem());
    usual_ = kind;
    return;
  }
  wrong_ = kind;
  until_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

void Certificates::make(const std::string& kind, const TestAuthority& authority,
                        const Subject& subject) {
  auto& tls = contexts_.try_emplace(kind, asio::ssl::context::tls_server).first->second;
  const auto pair = authority.issue(subject);
  tls.use_certificate_chain(asio::buffer(pair.certificate_pem));
  tls.use_private_key(asio::buffer(pair.key_pem), asio::ssl::context::pem);
}

// Whoever reads it finds the old or the new, whole.
void Certificates::write(const std::string& authorities) const {
  const std::string whole = ca_file_ + ".next";
  std::ofstream(whole) << authorities;
  std::rename(whole.c_str(), ca_file_.c_str());
}

}  // namespace cresset::faults
