#include "worker/train/supervise/coordination_client.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "operator/base/clock.h"
#include "operator/coordination/certificates.h"
#include "operator/net/server/http_server.h"

namespace cresset::train {
namespace {

using worker_contract::Membership;
using worker_contract::Progress;

const Membership kMembership{
    .round = 2, .world_size = 4, .first_rank = 1, .store = "10.0.0.1:29500", .secret = "s"};

// Answers what the test says and remembers what came.
class Operator {
 public:
  Operator()
      : ca_(*coordination::make_ca("test", base::SystemClock().wall(), std::chrono::hours(1))),
        serving_(*coordination::issue(ca_, {"localhost", "127.0.0.1"}, base::SystemClock().wall(),
                                      std::chrono::hours(1))) {
    net::ServerOptions options;
    options.tls = std::make_unique<net::ServerTls>(
        net::ServerTls{serving_.certificate_pem, serving_.key_pem});
    options.drain = std::chrono::milliseconds(0);
    server_ = std::make_unique<net::HttpServer>(
        std::move(options), [this](net::ServerRequest request, net::Reply reply) {
          std::lock_guard lock(mutex_);
          requests_.push_back(request);
          if (hold_)
            held_.push_back(std::move(reply));
          else
            reply(answer_);
        });
    EXPECT_TRUE(server_->start());
  }
  ~Operator() { held_.clear(); }
  void answer(int status, const std::string& body) {
    std::lock_guard lock(mutex_);
    answer_ = {.status = status, .content_type = "application/json", .body = body};
  }
  void hold() {
    std::lock_guard lock(mutex_);
    hold_ = true;
  }
  std::vector<net::ServerRequest> requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  std::string url() const { return "https://localhost:" + std::to_string(server_->port()); }
  const std::string& ca_pem() const { return ca_.certificate_pem; }

 private:
  mutable std::mutex mutex_;
  const coordination::KeyPair ca_;
  const coordination::KeyPair serving_;
  net::ServerResponse answer_;
  bool hold_ = false;
  std::vector<net::Reply> held_;
  std::vector<net::ServerRequest> requests_;
  std::unique_ptr<net::HttpServer> server_;
};

class Client : public ::testing::Test {
 protected:
  Client() {
    token_path_ =
        std::filesystem::temp_directory_path() / ("cresset-token-" + std::to_string(getpid()));
    write_token("first\n");
  }
  ~Client() override { std::filesystem::remove(token_path_); }
  void write_token(const std::string& token) { std::ofstream(token_path_) << token; }
  CoordinationOptions options() {
    return {.url = operator_.url(),
            .ca_pem = operator_.ca_pem(),
            .ns = "team",
            .name = "digits",
            .token_path = token_path_};
  }

  Operator operator_;
  std::string token_path_;
};

TEST_F(Client, AsksForItsMembershipWithThePodsToken) {
  operator_.answer(200, base::dump(encode(kMembership)));
  CoordinationClient client(options());
  const auto membership = client.membership(1, {});
  ASSERT_TRUE(membership) << membership.error().message();
  EXPECT_EQ(**membership, kMembership);
  const auto request = operator_.requests().at(0);
  EXPECT_EQ(request.target, "/v1/namespaces/team/trainingjobs/digits/membership?after=1");
  EXPECT_EQ(request.header("authorization"), "Bearer first");
}

TEST_F(Client, GoesWhereAStandbySaysThatTheLeaderIsUntilItIsGone) {
  auto leader = std::make_unique<Operator>();
  leader->answer(200, base::dump(encode(kMembership)));
  operator_.answer(503, base::dump(worker_contract::not_the_leader(leader->url())));
  auto both = options();
  both.ca_pem += leader->ca_pem();
  CoordinationClient client(both);
  EXPECT_FALSE(client.membership(1, {}));
  EXPECT_EQ(**client.membership(1, {}), kMembership);
  leader = nullptr;
  EXPECT_FALSE(client.membership(1, {}));
  EXPECT_EQ(operator_.requests().size(), 1U);
  operator_.answer(200, base::dump(encode(kMembership)));
  EXPECT_EQ(**client.membership(1, {}), kMembership);
}

TEST_F(Client, ReadsTheTokenAnewForEachCall) {
  operator_.answer(204, "");
  CoordinationClient client(options());
  ASSERT_TRUE(client.report({}, {}));
  write_token("second");
  ASSERT_TRUE(client.report({}, {}));
  EXPECT_EQ(operator_.requests().at(1).header("authorization"), "Bearer second");
}

TEST_F(Client, SendsProgress) {
  operator_.answer(204, "");
  CoordinationClient client(options());
  const Progress progress{.round = 2, .step = 40, .loss = 0.5, .metrics = {{"accuracy", 0.9}}};
  ASSERT_TRUE(client.report(progress, {}));
  const auto request = operator_.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(*worker_contract::decode_progress(*base::parse_json(request.body)), progress);
}

TEST_F(Client, NoContentMeansAskAgain) {
  operator_.answer(204, "");
  CoordinationClient client(options());
  EXPECT_EQ(*client.membership(1, {}), std::nullopt);
}

TEST_F(Client, RefusalsKeepTheirKindAndReason) {
  CoordinationClient client(options());
  const std::pair<int, base::ErrorKind> rows[] = {
      {401, base::ErrorKind::kUnauthorized}, {403, base::ErrorKind::kForbidden},
      {404, base::ErrorKind::kNotFound},     {410, base::ErrorKind::kGone},
      {503, base::ErrorKind::kUnavailable},  {500, base::ErrorKind::kUnavailable}};
  for (const auto& [status, kind] : rows) {
    operator_.answer(status, R"({"error":"because"})");
    const auto membership = client.membership(0, {});
    ASSERT_FALSE(membership) << status;
    EXPECT_EQ(membership.error().kind(), kind) << status;
    EXPECT_EQ(membership.error().message(), "because");
  }
}

TEST_F(Client, AnAnswerThatIsNoMembershipIsTriedAgain) {
  CoordinationClient client(options());
  for (const char* body : {"{", "[]", R"({"round":0})", R"({"round":1,"worldSize":2})"}) {
    operator_.answer(200, body);
    EXPECT_FALSE(client.membership(0, {})) << body;
  }
}

TEST_F(Client, TrustsNoOtherAuthority) {
  auto other = options();
  other.ca_pem = coordination::make_ca("x", base::SystemClock().wall(), std::chrono::hours(1))
                     ->certificate_pem;
  CoordinationClient client(other);
  const auto membership = client.membership(0, {});
  ASSERT_FALSE(membership);
  EXPECT_TRUE(base::is_retryable(membership.error()));
  EXPECT_TRUE(operator_.requests().empty());
}

TEST_F(Client, TrustsTheSecondAuthorityOfABundle) {
  auto both = options();
  both.ca_pem = coordination::make_ca("x", base::SystemClock().wall(), std::chrono::hours(1))
                    ->certificate_pem +
                operator_.ca_pem();
  operator_.answer(204, "");
  CoordinationClient client(both);
  const auto membership = client.membership(0, {});
  EXPECT_TRUE(membership) << membership.error().message();
}

TEST_F(Client, ComesBackAfterTheOperatorWasAway) {
  auto moving = options();
  moving.url = "https://localhost:1";
  CoordinationClient client(moving);
  for (int i = 0; i < 2; ++i) {
    const auto sent = client.report({}, {});
    ASSERT_FALSE(sent);
    EXPECT_TRUE(base::is_retryable(sent.error())) << sent.error().message();
  }
}

TEST_F(Client, AStopRequestEndsALongPollAtOnce) {
  operator_.hold();
  CoordinationClient client(options());
  std::stop_source stop;
  auto asking =
      std::async(std::launch::async, [&] { return client.membership(1, stop.get_token()); });
  while (operator_.requests().empty()) std::this_thread::yield();
  stop.request_stop();
  const auto membership = asking.get();
  ASSERT_FALSE(membership);
  EXPECT_TRUE(base::is_cancelled(membership.error())) << membership.error().message();
}

TEST_F(Client, AMissingTokenIsNamed) {
  auto without = options();
  without.token_path = "/nowhere/token";
  CoordinationClient client(without);
  const auto sent = client.report({}, {});
  ASSERT_FALSE(sent);
  EXPECT_NE(sent.error().message().find("/nowhere/token"), std::string::npos);
}

}  // namespace
}  // namespace cresset::train
