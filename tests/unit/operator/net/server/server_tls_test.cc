#include <gmock/gmock.h>

#include "operator/net/client/http_client.h"
#include "tests/support/certificates.h"
#include "tests/unit/operator/net/server/server_fixture.h"

namespace cresset::net {
namespace {

using cresset::testing::Pair;
using cresset::testing::TestAuthority;
using ::testing::HasSubstr;

std::unique_ptr<HttpServer> secured(const Pair& pair) {
  ServerOptions options;
  options.tls = std::make_unique<ServerTls>(ServerTls{pair.certificate_pem, pair.key_pem});
  return started(std::move(options));
}

std::string url(const HttpServer& server, const std::string& host) {
  return "https://" + host + ":" + std::to_string(server.port()) + "/t";
}

class Secured : public ::testing::Test {
 protected:
  TestAuthority authority_{"test CA"};
};

TEST_F(Secured, ACertificateWithTheAddressIsTrusted) {
  const auto server = secured(authority_.issue({.addresses = {"127.0.0.1"}}));
  HttpClient client({.tls = {.ca_pem = authority_.ca_pem()}});
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.send({.url = url(*server, "127.0.0.1")});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "GET /t? ");
  }
}

TEST_F(Secured, ACertificateWithTheHostNameIsTrusted) {
  const auto server = secured(authority_.issue({.names = {"localhost"}}));
  HttpClient client({.tls = {.ca_pem = authority_.ca_pem()}});
  const auto answer = client.send({.url = url(*server, "localhost")});
  ASSERT_TRUE(answer) << answer.error().message();
}

TEST_F(Secured, ACertificateForAnotherNameIsRefused) {
  const auto server = secured(authority_.issue({.names = {"elsewhere"}}));
  HttpClient client({.tls = {.ca_pem = authority_.ca_pem()}});
  const auto by_name = client.send({.url = url(*server, "localhost")});
  ASSERT_FALSE(by_name);
  EXPECT_EQ(by_name.error().kind(), base::ErrorKind::kUnavailable);
  EXPECT_THAT(by_name.error().message(), HasSubstr("hostname mismatch"));
  const auto by_address = client.send({.url = url(*server, "127.0.0.1")});
  ASSERT_FALSE(by_address);
  EXPECT_THAT(by_address.error().message(), HasSubstr("IP address mismatch"));
}

TEST_F(Secured, TheNameToVerifyMayBeGiven) {
  const auto server = secured(authority_.issue({.names = {"elsewhere"}}));
  HttpClient client({.tls = {.ca_pem = authority_.ca_pem(), .server_name = "elsewhere"}});
  EXPECT_TRUE(client.send({.url = url(*server, "127.0.0.1")}));
}

TEST_F(Secured, AnotherAuthorityIsRefused) {
  const auto server = secured(authority_.issue({.addresses = {"127.0.0.1"}}));
  const TestAuthority other("another CA");
  HttpClient client({.tls = {.ca_pem = other.ca_pem()}});
  const auto answer = client.send({.url = url(*server, "127.0.0.1")});
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr("its certificate was refused"));
  HttpClient both({.tls = {.ca_pem = other.ca_pem() + authority_.ca_pem()}});
  EXPECT_TRUE(both.send({.url = url(*server, "127.0.0.1")}));
}

TEST_F(Secured, VerificationCanBeSwitchedOff) {
  const auto server = secured(authority_.issue({.names = {"elsewhere"}}));
  HttpClient client({.tls = {.insecure_skip_verify = true}});
  EXPECT_TRUE(client.send({.url = url(*server, "127.0.0.1")}));
}

TEST_F(Secured, ANewCertificateServesNewConnections) {
  const auto server = secured(authority_.issue({.names = {"old"}}));
  HttpClient old_client({.tls = {.ca_pem = authority_.ca_pem(), .server_name = "old"}});
  ASSERT_TRUE(old_client.send({.url = url(*server, "127.0.0.1")}));
  const Pair fresh = authority_.issue({.names = {"new"}});
  ASSERT_TRUE(server->set_tls({fresh.certificate_pem, fresh.key_pem}));
  HttpClient new_client({.tls = {.ca_pem = authority_.ca_pem(), .server_name = "new"}});
  EXPECT_TRUE(new_client.send({.url = url(*server, "127.0.0.1")}));
  EXPECT_TRUE(old_client.send({.url = url(*server, "127.0.0.1")}));  // its connection goes on
}

TEST_F(Secured, AKeyThatDoesNotFitIsNamed) {
  const auto server = secured(authority_.issue({.names = {"a"}}));
  const auto result =
      server->set_tls({authority_.issue({}).certificate_pem, authority_.issue({}).key_pem});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("TLS key"));
}

TEST_F(Secured, PlainHttpToATlsPortIsNoCrash) {
  const auto server = secured(authority_.issue({.addresses = {"127.0.0.1"}}));
  RawPeer peer(server->port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  peer.read_to_end();
  HttpClient client({.tls = {.ca_pem = authority_.ca_pem()}});
  EXPECT_TRUE(client.send({.url = url(*server, "127.0.0.1")}));
}

TEST_F(Secured, ALargeBodyPassesBothWays) {
  const auto server = secured(authority_.issue({.addresses = {"127.0.0.1"}}));
  HttpClient client({.tls = {.ca_pem = authority_.ca_pem()}});
  const std::string body(3 << 20, 'b');
  const auto answer =
      client.send({.method = "POST", .url = url(*server, "127.0.0.1"), .body = body});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_TRUE(answer->body == "POST /t? " + body);
}

TEST_F(Secured, BodiesAboutAsLargeAsARecordPassBothWays) {
  const auto server = secured(authority_.issue({.addresses = {"127.0.0.1"}}));
  HttpClient client({.tls = {.ca_pem = authority_.ca_pem()}});
  for (const size_t size : {0, 1, 16 << 10, (16 << 10) + 1}) {
    const std::string body(size, 'b');
    const auto answer =
        client.send({.method = "POST", .url = url(*server, "127.0.0.1"), .body = body});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_TRUE(answer->body == "POST /t? " + body) << size;
  }
}

}  // namespace
}  // namespace cresset::net
