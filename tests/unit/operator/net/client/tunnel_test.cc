// Requests that go through an HTTP proxy.
#include "operator/net/client/tunnel.h"

#include "tests/support/certificates.h"
#include "tests/unit/operator/net/client/client_fixture.h"

namespace cresset::net::tunnel_test {
namespace {

using cresset::testing::TestAuthority;

Proxy at(const RawServer& server, const std::string& authorization = "") {
  return {"127.0.0.1", std::to_string(server.port()), authorization};
}

uint16_t port_of(const std::string& connect) {
  const size_t colon = connect.find(':');
  return static_cast<uint16_t>(std::stoi(connect.substr(colon + 1)));
}

// Gives everyone a tunnel to where it wants to go on this machine.
bool give_tunnel(RawServer::Connection& peer, const std::string& connect) {
  if (!peer.write("HTTP/1.1 200 Connection established\r\nVia: a proxy\r\n\r\n")) return false;
  peer.join_to(port_of(connect));
  return false;
}

std::string error_behind(const std::string& answer) {
  RawServer proxy([&](RawServer::Connection& peer, const std::string&) {
    peer.write(answer);
    return false;
  });
  HttpClient client({.proxy = at(proxy)});
  const Outcome outcome = send_and_wait(client, {.url = "http://10.9.8.7:65/"});
  EXPECT_FALSE(outcome);
  EXPECT_TRUE(outcome.error().nothing_was_sent);
  return outcome ? "" : outcome.error().error.message();
}

TEST(Tunnel, CarriesARequestToAnOriginThatOnlyTheProxyReaches) {
  RawServer proxy([](RawServer::Connection& peer, const std::string& request) {
    const bool asked = request.starts_with("CONNECT ");
    return peer.write(asked ? "HTTP/1.1 200 OK\r\n\r\n" : RawServer::answer(200, "seen"));
  });
  HttpClient client({.proxy = at(proxy, "Basic bWU6cHc=")});
  for (int i = 0; i < 2; ++i) {
    const auto answer =
        client.send({.url = "http://[fd00::1]:8080/x", .headers = {{"Authorization", "Bearer t"}}});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "seen");
  }
  const auto requests = proxy.requests();
  ASSERT_EQ(requests.size(), 3U) << "one tunnel is kept for both";
  EXPECT_EQ(requests[0],
            "CONNECT [fd00::1]:8080 HTTP/1.1\r\nHost: [fd00::1]:8080\r\n"
            "Proxy-Authorization: Basic bWU6cHc=\r\n\r\n");
  EXPECT_THAT(requests[1], ::testing::StartsWith("GET /x HTTP/1.1\r\nHost: [fd00::1]:8080\r\n"));
  EXPECT_THAT(requests[1], ::testing::Not(HasSubstr("Proxy-Authorization")));
}

TEST(Tunnel, LeavesTheOriginsCertificateToProveTheOrigin) {
  const TestAuthority authority("CA");
  const auto pair = authority.issue({.addresses = {"127.0.0.1"}});
  ServerOptions options;
  options.tls = std::make_unique<ServerTls>(ServerTls{pair.certificate_pem, pair.key_pem});
  const auto origin =
      serving([](ServerRequest request,
                 Reply reply) { reply({.body = std::string(request.header("authorization"))}); },
              std::move(options));
  RawServer proxy(give_tunnel);
  const std::string url = "https://127.0.0.1:" + std::to_string(origin->port());
  HttpClient client({.tls = {.ca_pem = authority.ca_pem()}, .proxy = at(proxy)});
  const auto answer = client.send({.url = url, .headers = {{"Authorization", "Bearer t"}}});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->body, "Bearer t");
  const TestAuthority stranger("another");
  HttpClient careful({.tls = {.ca_pem = stranger.ca_pem()}, .proxy = at(proxy)});
  EXPECT_THAT(careful.send({.url = url}).error().message(),
              HasSubstr("its certificate was refused"));
  EXPECT_EQ(proxy.requests().size(), 2U);
  for (const auto& request : proxy.requests())
    EXPECT_THAT(request, ::testing::Not(HasSubstr("Bearer"))) << "the proxy sees the name alone";
}

TEST(Tunnel, ThatIsRefusedNamesTheProxyAndItsAnswer) {
  EXPECT_THAT(error_behind("HTTP/1.1 407 Go away\r\nContent-Length: 6\r\n\r\nsecret"),
              ::testing::MatchesRegex("asking the proxy 127.0.0.1:[0-9]+ for 10.9.8.7:65: it "
                                      "answered 407 Proxy Authentication Required"));
  EXPECT_THAT(error_behind("HTTP/1.1 503 Busy\r\n\r\n"), HasSubstr("it answered 503 Service"));
  EXPECT_THAT(error_behind("HTTP/1.1 100 Continue\r\n\r\n"), HasSubstr("it answered 100 "));
}

TEST(Tunnel, IsNotTakenFromWhatIsNoAnswer) {
  EXPECT_THAT(error_behind("HTTP/1.1 200 OK\r\n\r\nbefore it was asked"),
              HasSubstr("it sent more than an answer"));
  EXPECT_THAT(error_behind("SSH-2.0\r\n\r\n"), HasSubstr("bad version"));
  EXPECT_THAT(error_behind("HTTP/1.1 200 OK\r\nX: " + std::string(20000, 'x') + "\r\n\r\n"),
              HasSubstr("header limit exceeded"));
  EXPECT_THAT(error_behind(""), HasSubstr("asking the proxy 127.0.0.1:"));
}

TEST(Tunnel, ThatDoesNotComeEndsAtTheTimeToConnect) {
  RawServer proxy([](RawServer::Connection& peer, const std::string&) {
    peer.wait_for_close();
    return false;
  });
  HttpClient client({.proxy = at(proxy), .connect_timeout = 50ms});
  const Outcome outcome = send_and_wait(client, {.url = "http://10.9.8.7:65/"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().error.kind(), base::ErrorKind::kTimeout);
  EXPECT_THAT(outcome.error().error.message(),
              ::testing::MatchesRegex("asking the proxy 127.0.0.1:[0-9]+ for 10.9.8.7:65 took "
                                      "longer than 50 ms"));
  EXPECT_EQ(proxy.requests().size(), 1U);
  EXPECT_TRUE(outcome.error().nothing_was_sent);
}

TEST(Tunnel, ToAProxyThatIsNotThereNamesIt) {
  const std::string dead = dead_url();
  HttpClient client({.proxy = Proxy{"127.0.0.1", dead.substr(dead.rfind(':') + 1), ""}});
  EXPECT_THAT(client.send({.url = "http://10.9.8.7:65/"}).error().message(),
              HasSubstr("connecting to the proxy " + dead.substr(7) + " for 10.9.8.7:65: "));
}

}  // namespace
}  // namespace cresset::net::tunnel_test
