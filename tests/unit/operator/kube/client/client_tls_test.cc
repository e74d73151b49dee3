// A server that cannot show who it is hears nothing, least of all the token.
#include <gmock/gmock.h>

#include <atomic>

#include "operator/kube/client/client.h"
#include "operator/net/server/http_server.h"
#include "tests/support/certificates.h"

namespace cresset::kube {
namespace {

using cresset::testing::Pair;
using cresset::testing::Subject;
using cresset::testing::TestAuthority;
using ::testing::HasSubstr;

class ApiServerCertificate : public ::testing::Test {
 protected:
  // What a client that trusts `authority_` says to a server with this certificate.
  std::string error_of(const Pair& pair) {
    net::ServerOptions options;
    options.tls =
        std::make_unique<net::ServerTls>(net::ServerTls{pair.certificate_pem, pair.key_pem});
    net::HttpServer server(std::move(options),
                           [this](net::ServerRequest request, net::Reply reply) {
                             told_ += request.header("authorization");
                             ++requests_;
                             reply({.body = "{}"});
                           });
    EXPECT_TRUE(server.start());
    Client client({.server = "https://127.0.0.1:" + std::to_string(server.port()),
                   .ca_pem = authority_.ca_pem(),
                   .token = "secret"},
                  base::silent());
    const auto answer = client.get(kPods, {"team", "web-0"});
    return answer ? "" : answer.error().message();
  }

  TestAuthority authority_{"the cluster's CA"};
  std::atomic<int> requests_ = 0;
  std::string told_;
};

TEST_F(ApiServerCertificate, OfTheServersAddressIsTrusted) {
  EXPECT_EQ(error_of(authority_.issue({.addresses = {"127.0.0.1"}})), "");
  EXPECT_EQ(told_, "Bearer secret");
}

TEST_F(ApiServerCertificate, OfAnotherHostIsRefusedBeforeAnythingIsSent) {
  EXPECT_THAT(error_of(authority_.issue({.addresses = {"127.0.0.2"}})), HasSubstr("mismatch"));
  EXPECT_EQ(requests_, 0);
}

TEST_F(ApiServerCertificate, ThatHasExpiredIsRefusedBeforeAnythingIsSent) {
  EXPECT_THAT(error_of(authority_.issue({.addresses = {"127.0.0.1"}, .seconds = -60})),
              HasSubstr("expired"));
  EXPECT_EQ(requests_, 0);
}

TEST_F(ApiServerCertificate, OfAnotherAuthorityIsRefusedBeforeAnythingIsSent) {
  const TestAuthority stranger("somebody");
  EXPECT_THAT(error_of(stranger.issue({.addresses = {"127.0.0.1"}})),
              HasSubstr("its certificate was refused"));
  EXPECT_EQ(requests_, 0);
}

}  // namespace
}  // namespace cresset::kube
