// A Store of Google Cloud Storage over TLS: whom it trusts, and that it says there who asks. It is
// compiled apart, since cresset::testing is not ::testing, by which name the tests beside it go.
#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "operator/base/file.h"
#include "operator/net/server/http_server.h"
#include "tests/support/certificates.h"
#include "tests/unit/worker/data/google_key.h"
#include "worker/data/store.h"

namespace cresset::data::gcs_tls_test {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class GcsOverTls : public ::testing::Test {
 protected:
  // Whose server lists nothing, and who trusts whom SSL_CERT_FILE has.
  base::Result<std::vector<std::string>> list(const std::string& trusted, Credentials credentials) {
    EXPECT_TRUE(base::write_file_atomically(trusted_, trusted));
    setenv("SSL_CERT_FILE", trusted_.c_str(), 1);
    const auto pair = authority_.issue({.addresses = {"127.0.0.1"}});
    net::ServerOptions options;
    options.tls =
        std::make_unique<net::ServerTls>(net::ServerTls{pair.certificate_pem, pair.key_pem});
    server_ = std::make_unique<net::HttpServer>(
        std::move(options), [this](const net::ServerRequest& request, net::Reply reply) {
          std::lock_guard lock(mutex_);
          authorizations_.push_back(std::string(request.header("authorization")));
          reply({.content_type = "application/json", .body = R"({"items": []})"});
        });
    EXPECT_TRUE(server_->start());
    endpoint_ = "https://127.0.0.1:" + std::to_string(server_->port());
    return Store({.endpoint = endpoint_}, std::move(credentials)).list("gs://models/a");
  }
  void TearDown() override {
    unsetenv("SSL_CERT_FILE");
    std::remove(trusted_.c_str());
  }

  const cresset::testing::TestAuthority authority_{"of the store"};
  const std::string trusted_ = ::testing::TempDir() + "gcs_tls_test_trusted.pem";
  std::string endpoint_;
  std::mutex mutex_;
  std::vector<std::string> authorizations_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(GcsOverTls, AKeyInTheSecretSignsWhatIsAskedOfWhomSslCertFileTrusts) {
  const auto found = list(authority_.ca_pem(), {.google_key = made_google_key().dump()});
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_THAT(authorizations_, AllOf(Not(IsEmpty()), Each(StartsWith("Bearer "))));
}

TEST_F(GcsOverTls, NobodySignsNothing) {
  ASSERT_TRUE(list(authority_.ca_pem(), {}));
  EXPECT_THAT(authorizations_, AllOf(Not(IsEmpty()), Each("")));
}

TEST_F(GcsOverTls, AStrangersCertificateIsToldAndHeIsAskedNothing) {
  const cresset::testing::TestAuthority another("of somebody else");
  const auto found = list(another.ca_pem(), {.google_key = made_google_key().dump()});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(),
              AllOf(HasSubstr(endpoint_), HasSubstr("SSL peer certificate")));
  EXPECT_THAT(authorizations_, IsEmpty());
}

}  // namespace
}  // namespace cresset::data::gcs_tls_test
