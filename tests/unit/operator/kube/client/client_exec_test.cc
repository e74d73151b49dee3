// A client whose credential a program prints.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <atomic>

#include "operator/base/json.h"
#include "operator/kube/client/client.h"
#include "tests/support/raw_server.h"
#include "tests/unit/operator/kube/client/mutual_server.h"
#include "tests/unit/operator/kube/client/scratch.h"

namespace cresset::kube {
namespace {

using namespace std::chrono_literals;
using base::Json;
using cresset::testing::Pair;
using cresset::testing::RawServer;
using cresset::testing::TestAuthority;
using ::testing::AllOf;
using ::testing::HasSubstr;

class ExecClients : public ::testing::Test {
 protected:
  ExecClients() {
    config_.exec = ExecPlugin{.where = "config: users[\"me\"].user.exec",
                              .api_version = "client.authentication.k8s.io/v1",
                              .command = scratch_.path("login")};
    scratch_.write("login", "#!/bin/sh\necho run >>" + scratch_.path("runs") + "\ncat " +
                                scratch_.path("answer") + "\n");
    chmod(config_.exec->command.c_str(), 0755);
  }
  void print(const Json& status) {
    scratch_.write("answer", Json{{"kind", "ExecCredential"},
                                  {"apiVersion", config_.exec->api_version},
                                  {"status", status}}
                                 .dump());
  }
  void print_certificate(const TestAuthority& authority, const std::string& name) {
    const Pair pair = authority.issue({.common_name = name});
    print({{"clientCertificateData", pair.certificate_pem},
           {"clientKeyData", pair.key_pem},
           {"expirationTimestamp", base::format_time(clock_.wall() + 1h)}});
  }
  size_t runs() const {
    std::ifstream file(scratch_.path("runs"));
    return static_cast<size_t>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
  }
  void connect(const std::string& server) {
    config_.server = server;
    client_ = std::make_unique<Client>(config_, base::silent(), ClientOptions{.clock = &clock_});
  }
  // What the server answers, or the error.
  std::string ask() {
    const auto answer = client_->get_path("/");
    return answer ? answer->dump() : answer.error().message();
  }

  base::ManualClock clock_;
  Scratch scratch_;
  ClusterConfig config_;
  std::unique_ptr<Client> client_;
};

TEST_F(ExecClients, SendTheTokenThatWasPrintedAndRunThePluginAgainWhenItIsRefused) {
  print({{"token", "old"}});
  RawServer server([&](RawServer::Connection& peer, const std::string& request) {
    if (request.find("Bearer new\r\n") != std::string::npos)
      return peer.write(RawServer::answer(200, "1"));
    clock_.advance(1s);
    print({{"token", "new"}});
    return peer.write(RawServer::answer(401, "{}"));
  });
  connect(server.url());
  EXPECT_EQ(ask(), "1");
  EXPECT_EQ(ask(), "1");
  EXPECT_EQ(runs(), 2U);
  EXPECT_EQ(server.requests().size(), 3U);
}

TEST_F(ExecClients, ThatAreRefusedAgainRunThePluginNoThirdTime) {
  print({{"token", "old"}});
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    clock_.advance(1s);
    print({{"token", "another"}});
    return peer.write(RawServer::answer(401, R"({"message": "Unauthorized"})"));
  });
  connect(server.url());
  const auto answer = client_->get_path("/");
  ASSERT_FALSE(answer);
  EXPECT_TRUE(base::is_unauthorized(answer.error())) << answer.error().message();
  EXPECT_EQ(runs(), 2U);
}

TEST_F(ExecClients, SendNothingWhileThePluginFails) {
  scratch_.write("login", "#!/bin/sh\necho no network >&2\nexit 7\n");
  RawServer server([](RawServer::Connection& peer, const std::string&) {
    return peer.write(RawServer::answer(200, "1"));
  });
  connect(server.url());
  EXPECT_THAT(ask(), AllOf(HasSubstr(config_.exec->name()), HasSubstr("exited with code 7"),
                           HasSubstr("no network")));
  const auto watched = client_->watch(kPods, {}, {}, [](const WatchEvent&) {});
  EXPECT_TRUE(base::is_retryable(watched.error())) << watched.error().message();
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(ExecClients, GiveAPluginNoMoreTimeThanACall) {
  scratch_.write("login", "#!/bin/sh\nsleep 1000\n");
  config_.server = "http://127.0.0.1:1";
  Client client(config_, base::silent(), {.clock = &clock_, .call_timeout = 50ms});
  const auto answer = client.get_path("/");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), base::ErrorKind::kTimeout);
  EXPECT_THAT(answer.error().message(), HasSubstr("did not end within 50 ms"));
}

TEST_F(ExecClients, ShowTheCertificateThatWasPrintedAndTheNextOneWhenItEnds) {
  const TestAuthority servers("the CA of servers");
  const TestAuthority clients("the CA of clients");
  MutualServer server(servers.issue({.addresses = {"127.0.0.1"}}), clients.ca_pem(),
                      [](const auto& peer, const std::string&) {
                        return peer.write(RawServer::answer(200, "\"" + peer.name + "\""));
                      });
  config_.ca_pem = servers.ca_pem();
  print_certificate(clients, "first");
  connect(server.url());
  EXPECT_EQ(ask(), "\"first\"");
  print_certificate(clients, "second");
  EXPECT_EQ(ask(), "\"first\"");
  clock_.advance(1h);
  EXPECT_EQ(ask(), "\"second\"");
  EXPECT_EQ(runs(), 2U);
}

TEST_F(ExecClients, ACertificateWhoseKeyIsAnothersIsAnErrorThatNamesThePlugin) {
  const TestAuthority clients("the CA of clients");
  const Pair mine = clients.issue({});
  const Pair theirs = clients.issue({});
  print({{"clientCertificateData", mine.certificate_pem}, {"clientKeyData", theirs.key_pem}});
  connect("https://127.0.0.1:1");
  EXPECT_THAT(ask(), AllOf(HasSubstr(config_.exec->name()), HasSubstr("the TLS key is not")));
  print({{"token", "t"}});
  clock_.advance(1s);
  EXPECT_THAT(ask(), HasSubstr("connecting to")) << "the plugin was asked again";
}

}  // namespace
}  // namespace cresset::kube
