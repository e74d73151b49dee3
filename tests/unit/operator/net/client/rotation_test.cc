#include "tests/support/certificates.h"
#include "tests/unit/operator/net/client/client_fixture.h"

namespace cresset::net {
namespace {

using cresset::testing::Pair;
using cresset::testing::TestAuthority;

class NewTlsSettings : public ::testing::Test {
 protected:
  void start(Handler handler) {
    const Pair pair = authority_.issue({.addresses = {"127.0.0.1"}});
    ServerOptions options;
    options.tls = std::make_unique<ServerTls>(ServerTls{pair.certificate_pem, pair.key_pem});
    server_ = serving(std::move(handler), std::move(options));
    url_ = "https://127.0.0.1:" + std::to_string(server_->port());
  }
  // The client's port, so that a test sees which connection was used.
  std::string port() {
    const auto answer = client_.send({.url = url_});
    return answer ? answer->body : answer.error().message();
  }

  TestAuthority authority_{"CA"};
  TestAuthority other_{"another CA"};
  std::unique_ptr<HttpServer> server_;
  std::string url_;
  HttpClient client_{{.tls = {.ca_pem = authority_.ca_pem()}}};
};

TEST_F(NewTlsSettings, HoldForNewConnectionsAndNoOldOneIsUsedAgain) {
  start([](ServerRequest request, Reply reply) { reply({.body = request.remote}); });
  const auto first = port();
  EXPECT_EQ(port(), first);
  ASSERT_TRUE(client_.set_tls({.ca_pem = authority_.ca_pem() + other_.ca_pem()}));
  const auto second = port();
  EXPECT_NE(second, first);
  EXPECT_EQ(port(), second);
  ASSERT_TRUE(client_.set_tls({.ca_pem = other_.ca_pem()}));
  EXPECT_THAT(port(), HasSubstr("its certificate was refused"));
}

TEST_F(NewTlsSettings, LetWhatIsUnderWayEndOnItsConnectionWhichIsNotKept) {
  std::promise<std::pair<std::string, Reply>> arrived;
  start([&](ServerRequest request, Reply reply) {
    if (request.path != "/wait") return reply({.body = request.remote});
    arrived.set_value({request.remote, std::move(reply)});
  });
  auto outcome = std::async(std::launch::async,
                            [&] { return send_and_wait(client_, {.url = url_ + "/wait"}); });
  auto [first, reply] = arrived.get_future().get();
  ASSERT_TRUE(client_.set_tls({.ca_pem = authority_.ca_pem() + other_.ca_pem()}));
  reply({.body = "done"});
  EXPECT_EQ(outcome.get()->body, "done");
  EXPECT_NE(port(), first);
}

TEST_F(NewTlsSettings, ThatCannotWorkAreAnErrorAndTheOldOnesStay) {
  start([](ServerRequest request, Reply reply) { reply({.body = request.remote}); });
  const auto first = port();
  const auto mine = other_.issue({});
  const auto theirs = other_.issue({});
  EXPECT_FALSE(client_.set_tls({.ca_pem = "x"}));
  EXPECT_FALSE(
      client_.set_tls({.certificate_pem = mine.certificate_pem, .key_pem = theirs.key_pem}));
  EXPECT_EQ(port(), first);
}

}  // namespace
}  // namespace cresset::net
