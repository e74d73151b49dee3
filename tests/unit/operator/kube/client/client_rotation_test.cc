// Certificates are replaced under a client that goes on, over real TLS.
#include <gmock/gmock.h>

#include <atomic>

#include "operator/kube/client/client.h"
#include "operator/net/server/http_server.h"
#include "tests/support/certificates.h"
#include "tests/support/raw_server.h"
#include "tests/unit/operator/kube/client/mutual_server.h"
#include "tests/unit/operator/kube/client/scratch.h"

namespace cresset::kube {
namespace {

using namespace std::chrono_literals;
using cresset::testing::Pair;
using cresset::testing::RawServer;
using cresset::testing::TestAuthority;

constexpr auto kRead = 60s;

class Rotation : public ::testing::Test {
 protected:
  Pair of_server(const TestAuthority& authority) {
    return authority.issue({.addresses = {"127.0.0.1"}});
  }
  void show(const std::string& common_name) {
    const Pair pair = clients_.issue({.common_name = common_name});
    config_.certificate_pem = pair.certificate_pem;
    config_.certificate_file = scratch_.write("certificate", pair.certificate_pem);
    config_.key_pem = pair.key_pem;
    config_.key_file = scratch_.write("key", pair.key_pem);
  }
  void trust(const std::string& bundle) {
    config_.ca_pem = bundle;
    config_.ca_file = scratch_.write("ca", bundle);
  }
  void connect(const std::string& server) {
    config_.server = server;
    client_ = std::make_unique<Client>(config_, base::silent(), ClientOptions{.clock = &clock_});
  }
  // To a server that answers "1", on a new connection each time.
  void connect_to_one_with(const Pair& pair) {
    net::ServerOptions options;
    options.tls =
        std::make_unique<net::ServerTls>(net::ServerTls{pair.certificate_pem, pair.key_pem});
    server_ = std::make_unique<net::HttpServer>(
        std::move(options),
        [](net::ServerRequest, net::Reply reply) { reply({.body = "1", .close = true}); });
    ASSERT_TRUE(server_->start());
    connect("https://127.0.0.1:" + std::to_string(server_->port()));
  }
  // What the server answers, or the error.
  std::string ask() {
    const auto answer = client_->get_path("/");
    return answer ? answer->dump() : answer.error().message();
  }

  base::ManualClock clock_;
  Scratch scratch_;
  TestAuthority old_{"the old CA"};
  TestAuthority next_{"the next CA"};
  TestAuthority clients_{"the CA of clients"};
  ClusterConfig config_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(Rotation, OfTheCaNeedsNoRestart) {
  trust(old_.ca_pem());
  const Pair first = of_server(old_);
  connect_to_one_with(first);
  EXPECT_EQ(ask(), "1");
  scratch_.write("ca", old_.ca_pem() + next_.ca_pem());
  clock_.advance(kRead);
  EXPECT_EQ(ask(), "1");
  const Pair second = of_server(next_);
  ASSERT_TRUE(server_->set_tls({second.certificate_pem, second.key_pem}));
  scratch_.write("ca", next_.ca_pem());
  EXPECT_EQ(ask(), "1") << "trusted by the bundle of both";
  clock_.advance(kRead);
  EXPECT_EQ(ask(), "1");
  ASSERT_TRUE(server_->set_tls({first.certificate_pem, first.key_pem}));
  EXPECT_THAT(ask(), ::testing::HasSubstr("its certificate was refused"))
      << "the old CA is trusted no more";
}

TEST_F(Rotation, OfTheCaWithoutAnOverlapCostsOneFailedCall) {
  trust(old_.ca_pem());
  const Pair pair = of_server(next_);
  MutualServer server(pair, clients_.ca_pem(), [](const auto& peer, const std::string&) {
    return peer.write(RawServer::answer(200, "1"));
  });
  show("me");
  connect(server.url());
  EXPECT_THAT(ask(), ::testing::HasSubstr("its certificate was refused"));
  scratch_.write("ca", next_.ca_pem());
  EXPECT_EQ(ask(), "1") << "no time has passed";
}

TEST_F(Rotation, OfTheExtraCasNeedsNoRestartAndABrokenFileTakesNoTrustAway) {
  trust(old_.ca_pem());
  ASSERT_TRUE(add_extra_cas(config_, "--extra", scratch_.write("extra", clients_.ca_pem())));
  const Pair first = of_server(next_), second = of_server(old_);
  connect_to_one_with(first);
  EXPECT_THAT(ask(), ::testing::HasSubstr("its certificate was refused"));
  scratch_.write("extra", clients_.ca_pem() + next_.ca_pem());
  EXPECT_EQ(ask(), "1") << "no time has passed";
  scratch_.write("extra", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  clock_.advance(kRead);
  EXPECT_EQ(ask(), "1");
  ASSERT_TRUE(server_->set_tls({second.certificate_pem, second.key_pem}));
  EXPECT_EQ(ask(), "1") << "the cluster's own is trusted all the time";
}

TEST_F(Rotation, OfTheClientCertificateClosesWhatWasMadeWithTheOldOne) {
  trust(old_.ca_pem());
  show("old");
  std::atomic<int> closed = 0;
  MutualServer server(of_server(old_), clients_.ca_pem(),
                      [&](const auto& peer, const std::string&) {
                        if (!peer.write(RawServer::answer(200, "\"" + peer.name + "\"")))
                          return false;
                        if (peer.name != "old") return true;
                        peer.wait_for_close();
                        closed = 1;
                        closed.notify_all();
                        return false;
                      });
  connect(server.url());
  EXPECT_EQ(ask(), "\"old\"");
  show("new");
  clock_.advance(kRead);
  EXPECT_EQ(ask(), "\"new\"");
  closed.wait(0);
}

TEST_F(Rotation, OfTheClientCertificateEndsAWatchAsTheServerWould) {
  trust(old_.ca_pem());
  show("old");
  MutualServer server(of_server(old_), clients_.ca_pem(),
                      [](const auto& peer, const std::string& request) {
                        if (request.find("watch=") == std::string::npos)
                          return peer.write(RawServer::answer(200, "\"" + peer.name + "\""));
                        peer.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n");
                        peer.wait_for_close();
                        return false;
                      });
  connect(server.url());
  std::atomic<bool> open = false;
  WatchOptions options{.resource_version = "7", .timeout_seconds = 3600};
  options.on_open = [&] {
    open = true;
    open.notify_all();
  };
  base::Result<void> ended = base::fail(base::internal("not ended"));
  std::jthread watcher(
      [&] { ended = client_->watch(kPods, options, {}, [](const WatchEvent&) {}); });
  open.wait(false);
  show("new");
  clock_.advance(kRead);
  EXPECT_EQ(ask(), "\"new\"");
  watcher.join();
  EXPECT_TRUE(ended) << ended.error().message();
}

TEST_F(Rotation, ThatIsHalfDoneKeepsTheOldCertificate) {
  trust(old_.ca_pem());
  show("old");
  MutualServer server(of_server(old_), clients_.ca_pem(), [](const auto& peer, const std::string&) {
    peer.write(RawServer::answer(200, "\"" + peer.name + "\"", "Connection: close\r\n"));
    return false;
  });
  connect(server.url());
  const Pair pair = clients_.issue({.common_name = "new"});
  scratch_.write("certificate", pair.certificate_pem);
  clock_.advance(kRead);
  EXPECT_EQ(ask(), "\"old\"") << "its key is not there yet";
  scratch_.write("key", pair.key_pem);
  clock_.advance(1s);
  EXPECT_EQ(ask(), "\"new\"");
}

}  // namespace
}  // namespace cresset::kube
