#include "operator/net/client/tls.h"

#include <gmock/gmock.h>
#include <openssl/ssl.h>

#include "tests/support/certificates.h"

namespace cresset::net {
namespace {

using cresset::testing::TestAuthority;
using ::testing::HasSubstr;

TEST(Tls, NeedsAtLeast12OnBothSides) {
  const TestAuthority authority("CA");
  const auto pair = authority.issue({});
  const auto client = make_client_context({.ca_pem = authority.ca_pem()});
  const auto server = make_server_context(pair.certificate_pem, pair.key_pem);
  ASSERT_TRUE(client && server);
  EXPECT_EQ(SSL_CTX_get_min_proto_version((*client)->native_handle()), TLS1_2_VERSION);
  EXPECT_EQ(SSL_CTX_get_min_proto_version((*server)->native_handle()), TLS1_2_VERSION);
}

TEST(Tls, SendsNoServerNameForAnAddress) {
  const auto context = make_client_context({.insecure_skip_verify = true});
  ASSERT_TRUE(context);
  const auto name_sent = [&](const std::string& host) -> std::string {
    SSL* ssl = SSL_new((*context)->native_handle());
    EXPECT_TRUE(expect_peer(ssl, host, false));
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const std::string sent = name == nullptr ? "" : name;
    SSL_free(ssl);
    return sent;
  };
  EXPECT_EQ(name_sent("models.example"), "models.example");
  EXPECT_EQ(name_sent("10.0.0.1"), "");
  EXPECT_EQ(name_sent("fd00::1"), "");
}

TEST(Tls, SaysWhatIsWrongWithCertificates) {
  EXPECT_THAT(make_server_context("x", "y").error().message(), HasSubstr("certificate is not PEM"));
  EXPECT_THAT(make_client_context({.ca_pem = "x"}).error().message(), HasSubstr("CA bundle"));
  EXPECT_THAT(make_client_context({.extra_ca_pem = "x"}).error().message(),
              HasSubstr("the bundle of extra CAs must hold certificates as PEM"));
}

TEST(Tls, KnowsAddressesFromNames) {
  EXPECT_TRUE(is_ip_address("127.0.0.1"));
  EXPECT_TRUE(is_ip_address("::1"));
  EXPECT_FALSE(is_ip_address("1.2.3"));
  EXPECT_FALSE(is_ip_address("localhost"));
}

}  // namespace
}  // namespace cresset::net
