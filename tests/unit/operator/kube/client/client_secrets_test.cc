// Whatever goes wrong, neither errors nor logs nor metrics hold what is secret in a configuration.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <mutex>

#include "operator/base/digest.h"
#include "operator/kube/client/client.h"
#include "operator/kube/client/kubeconfig.h"
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
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kSecret = "s3cret-of-this-test";

class Secrets : public ::testing::Test {
 protected:
  void see(const std::string& text) {
    std::lock_guard lock(mutex_);
    seen_ += text + "\n";
  }
  // All that a client does with this configuration, none of which works.
  void fail_all(const ClusterConfig& config, std::chrono::milliseconds timeout = 30s) {
    base::Metrics metrics;
    Client client(config, log_, {.metrics = &metrics, .clock = &clock_, .call_timeout = timeout});
    const auto seen = [this](const auto& result) {
      ASSERT_FALSE(result);
      see(result.error().message());
    };
    for (int round = 0; round < 2; ++round) {
      seen(client.get(kPods, {"team", "web-0"}));
      seen(client.create(kPods, "team", base::Json::object()));
      seen(client.remove(kPods, {"team", "web-0"}));
      seen(client.watch(kPods, {}, {}, [](const WatchEvent&) {}));
      clock_.advance(60s);
    }
    see(metrics.render());
  }
  // What a server that answers this makes of it.
  void fail_at(std::function<std::string(const std::string& request)> answer,
               ClusterConfig config = {.token = kSecret}) {
    RawServer server([&](RawServer::Connection& peer, const std::string& request) {
      return peer.write(answer(request));
    });
    config.server = server.url();
    fail_all(config);
  }
  ClusterConfig with_plugin(const std::string& script) {
    ClusterConfig config;
    config.server = "https://127.0.0.1:1";
    config.exec = ExecPlugin{.where = "here",
                             .api_version = "client.authentication.k8s.io/v1",
                             .command = scratch_.write("login", "#!/bin/sh\n" + script + "\n"),
                             .arguments = {"--password", kSecret},
                             .environment = {{"PASSWORD", kSecret}}};
    chmod(config.exec->command.c_str(), 0755);
    return config;
  }
  void TearDown() override {
    EXPECT_FALSE(seen_.empty());
    EXPECT_THAT(seen_, Not(HasSubstr(kSecret)));
    EXPECT_THAT(seen_, Not(HasSubstr(base::base64(kSecret))));
  }

  base::ManualClock clock_;
  Scratch scratch_;
  std::mutex mutex_;
  std::string seen_;
  base::Log log_{base::LogLevel::kDebug,
                 [this](base::LogLevel, const std::string& line) { see(line); }};
};

TEST_F(Secrets, StayOutOfWhatAServersRefusalsBecome) {
  for (const int status : {401, 403, 404, 409, 410, 422, 429, 500, 504})
    fail_at([status](const std::string&) {
      return RawServer::answer(status == 404 ? 400 : status, R"({"message": "no"})");
    });
}

TEST_F(Secrets, StayOutOfErrorsThoughTheServerRepeatsTheRequest) {
  fail_at([](const std::string& request) { return RawServer::answer(502, request); });
  EXPECT_THAT(seen_, HasSubstr("Authorization: Bearer ***"));
}

TEST_F(Secrets, StayOutOfErrorsOfAnswersThatAreNone) {
  for (const std::string& body :
       {std::string("<html>"), "{\"token\": \"" + kSecret, "\"" + kSecret + "\" x"})
    fail_at([body](const std::string& request) {
      if (request.starts_with("DELETE")) return RawServer::answer(500, "");
      return RawServer::answer(200, body + "\n");
    });
  fail_at([](const std::string&) { return "garbage\r\n\r\n"; });
}

TEST_F(Secrets, StayOutOfErrorsOfServersThatAreAwayOrStrangers) {
  fail_all({.server = "https://127.0.0.1:1", .token = kSecret});
  const TestAuthority authority("CA");
  MutualServer server(authority.issue({.addresses = {"127.0.0.2"}}), authority.ca_pem(),
                      [](const auto&, const std::string&) { return false; });
  fail_all({.server = server.url(), .ca_pem = authority.ca_pem(), .token = kSecret});
  RawServer silent([](RawServer::Connection& peer, const std::string&) {
    peer.wait_for_close();
    return false;
  });
  fail_all({.server = silent.url(), .token = kSecret}, 20ms);
}

TEST_F(Secrets, StayOutOfErrorsOfAConfigurationThatCannotBeUsed) {
  fail_all({.server = "https://127.0.0.1:1", .token = kSecret + "\nX: y"});
  fail_all({.server = "https://me:" + kSecret + "@127.0.0.1:1"});
  fail_all({.server = "me:" + kSecret + "@127.0.0.1:1"});
  const Pair pair = TestAuthority("CA").issue({});
  fail_all(
      {.server = "https://127.0.0.1:1",
       .certificate_pem = pair.certificate_pem,
       .key_pem = "-----BEGIN PRIVATE KEY-----\n" + kSecret + "\n-----END PRIVATE KEY-----\n"});
}

TEST_F(Secrets, StayOutOfTheLogOfARotationThatFails) {
  const Pair pair = TestAuthority("CA").issue({});
  ClusterConfig config{.server = "https://127.0.0.1:1",
                       .certificate_pem = pair.certificate_pem,
                       .key_pem = pair.key_pem};
  config.certificate_file = scratch_.write("certificate", pair.certificate_pem);
  config.key_file = scratch_.write("key", kSecret);
  fail_all(config);
  EXPECT_THAT(seen_, HasSubstr("/key is not whole PEM"));
  scratch_.write("key",
                 "-----BEGIN PRIVATE KEY-----\n" + kSecret + "\n-----END PRIVATE KEY-----\n");
  fail_all(config);
  EXPECT_THAT(seen_, HasSubstr("the TLS key is not"));
}

TEST_F(Secrets, OfAPluginStayOutOfItsErrors) {
  fail_all(with_plugin("exit 3"));
  fail_all(with_plugin("kill -9 $$"));
  fail_all(with_plugin("echo " + kSecret));
  fail_all(with_plugin("echo '{\"kind\": \"ExecCredential\", \"status\": \"" + kSecret));
  fail_all(
      with_plugin("echo '{\"kind\": \"ExecCredential\", \"apiVersion\": "
                  "\"client.authentication.k8s.io/v1\", \"status\": {\"token\": \"" +
                  kSecret + "\\n\"}}'"));
  auto missing = with_plugin("");
  missing.exec->command = scratch_.path("none");
  fail_all(missing);
}

TEST_F(Secrets, OfAKubeconfigStayOutOfItsErrors) {
  const std::string exec =
      "exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never, command: x, ";
  const std::string good = "server: 'https://a:1'";
  const std::pair<std::string, std::string> rows[] = {
      {good, "token: [" + kSecret + "]"},
      {good, "token: \"" + kSecret + "\\0\""},
      {good, "token: \"" + kSecret + "\\q\""},
      {good, "token: " + kSecret + ", token: {"},
      {good, "token: '" + kSecret},
      {good, "username: me, password: " + kSecret},
      {good, "auth-provider: {config: {id-token: " + kSecret + "}}"},
      {good, "token: " + kSecret + ", " + exec + "}"},
      {good, "client-key-data: '" + kSecret + "%'"},
      {good, "client-key-data: " + base::base64(kSecret)},
      {good, "client-key: key.pem"},
      {good, exec + "env: [{name: A, value: [" + kSecret + "]}]}"},
      {good, exec + "args: [{a: " + kSecret + "}]}"},
      {good + ", proxy-url: 'https://me:" + kSecret + "@p'", "token: " + kSecret},
      {good + ", proxy-url: 'http://me:" + kSecret + "%zz@p'", "token: " + kSecret},
      {good + ", proxy-url: 'http://me:" + kSecret + "/x@p'", "token: " + kSecret},
      {"server: 'https://me:" + kSecret + "/x@a'", "token: t"},
      {"server: 'https://me:" + kSecret + "@a'", "token: t"},
      {"server: 'me:" + kSecret + "@a'", "token: t"},
      {good + ", insecure-skip-tls-verify: 1", "token: " + kSecret},
  };
  for (const auto& [cluster, user] : rows) {
    const std::string text =
        "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: me}}]\n"
        "clusters: [{name: c, cluster: {" +
        cluster + "}}]\nusers: [{name: me, user: {" + user + "}}]\n";
    const auto config = parse_kubeconfig({{"config", text}}, "", [](const std::string&) {
      return base::Result<std::string>(kSecret);
    });
    ASSERT_FALSE(config) << text;
    see(config.error().message());
  }
}

}  // namespace
}  // namespace cresset::kube
