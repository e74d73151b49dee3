// A server that cannot show who it is hears nothing, least of all the token.
#include <gmock/gmock.h>

#include <atomic>
#include <functional>

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
  // What a client that trusts `ca_` and `extra_ca_` says to a server with this certificate.
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
                   .ca_pem = ca_,
                   .extra_ca_pem = extra_ca_,
                   .token = "secret"},
                  base::silent());
    const auto answer = client.get(kPods, {"team", "web-0"});
    return answer ? "" : answer.error().message();
  }

  TestAuthority authority_{"the cluster's CA"};
  std::string ca_ = authority_.ca_pem();
  std::string extra_ca_;
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

TEST_F(ApiServerCertificate, OfAnyOfTheExtraAuthoritiesIsTrustedBesideThoseOfTheClusters) {
  const TestAuthority company("a company"), proxy("its proxy"), stranger("somebody");
  extra_ca_ = company.ca_pem() + proxy.ca_pem();
  for (const TestAuthority& trusted : {std::cref(authority_), std::cref(company), std::cref(proxy)})
    EXPECT_EQ(error_of(trusted.issue({.addresses = {"127.0.0.1"}})), "");
  EXPECT_EQ(requests_, 3);
  EXPECT_THAT(error_of(stranger.issue({.addresses = {"127.0.0.1"}})),
              HasSubstr("its certificate was refused"));
  EXPECT_THAT(error_of(proxy.issue({.addresses = {"127.0.0.2"}})), HasSubstr("mismatch"))
      << "nobody may speak for another host";
  EXPECT_EQ(requests_, 3);
}

TEST_F(ApiServerCertificate, OfAnExtraAuthorityIsTrustedBesideThoseOfTheSystem) {
  const TestAuthority company("a company");
  ca_ = "";
  extra_ca_ = company.ca_pem();
  EXPECT_EQ(error_of(company.issue({.addresses = {"127.0.0.1"}})), "");
  EXPECT_THAT(error_of(authority_.issue({.addresses = {"127.0.0.1"}})),
              HasSubstr("its certificate was refused"));
}

}  // namespace
}  // namespace cresset::kube
