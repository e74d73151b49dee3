#include "operator/kube/client/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/raw_server.h"
#include "tests/unit/operator/kube/client/scratch.h"
#include "tests/unit/operator/kube/core/protobuf_maker.h"

namespace cresset::kube {
namespace {

using namespace std::chrono_literals;
using testing::RawServer;

const ObjectKey kPod{"team", "web-0"};

class Clients : public ::testing::Test {
 protected:
  // Answers the n-th request (from 0) with what `answer` says.
  void start(std::function<std::string(int n, const std::string& request)> answer,
             ClusterConfig config = {}) {
    server_ = std::make_unique<RawServer>(
        [this, answer](RawServer::Connection& peer, const std::string& request) {
          return peer.write(answer(count_++, request));
        });
    config.server = server_->url();
    client_ = std::make_unique<Client>(config, log_,
                                       ClientOptions{.metrics = &metrics_, .clock = &clock_});
  }
  bool metric(const std::string& part) { return metrics_.render().find(part) != std::string::npos; }
  // Lets waits pass until `call` returned.
  template <typename Call>
  auto while_time_passes(Call call) {
    std::jthread time([this](std::stop_token stop) {
      while (!stop.stop_requested()) {
        clock_.advance(100ms);
        std::this_thread::yield();
      }
    });
    return call();
  }

  base::ManualClock clock_;
  base::Metrics metrics_;
  std::atomic<int> count_ = 0;
  base::Log log_ = base::silent();
  std::unique_ptr<RawServer> server_;
  std::unique_ptr<Client> client_;
};

std::string throttled(const std::string& headers) {
  return RawServer::answer(429, R"({"message": "slow down"})", headers);
}

TEST_F(Clients, SendTheRequestWithTheirTokenAndGiveTheObject) {
  start([](int, const std::string&) { return RawServer::answer(200, R"({"kind": "Pod"})"); },
        {.token = "secret"});
  const auto pod = client_->get(kPods, kPod);
  ASSERT_TRUE(pod) << pod.error().message();
  EXPECT_EQ(base::text_at(*pod, "/kind"), "Pod");
  const auto request = server_->requests()[0];
  EXPECT_EQ(request.find("GET /api/v1/namespaces/team/pods/web-0 HTTP/1.1\r\n"), 0U) << request;
  EXPECT_NE(request.find("Authorization: Bearer secret\r\n"), std::string::npos) << request;
  EXPECT_TRUE(metric("rest_client_requests_total{"));
  EXPECT_TRUE(metric("code=\"200\""));
  EXPECT_TRUE(metric("method=\"GET\""));
}

TEST_F(Clients, AnAnswerThatIsAStatusBecomesItsError) {
  start([](int, const std::string&) {
    return RawServer::answer(
        404, R"({"kind": "Status", "reason": "NotFound", "message": "pods \"web-0\" not found"})");
  });
  const auto pod = client_->get(kPods, kPod);
  ASSERT_FALSE(pod);
  EXPECT_TRUE(base::is_not_found(pod.error()));
  EXPECT_EQ(pod.error().message(), "pods \"web-0\" not found (HTTP 404)");
  EXPECT_TRUE(client_->remove(kPods, kPod)) << "not found is what a delete wants";
}

TEST_F(Clients, ReadAnAnswerInProtobufAsIfItWasJson) {
  start([](int n, const std::string&) {
    if (n == 0)
      return RawServer::answer(200, wire::object("PodList", wire::bytes(1, wire::bytes(2, "9"))));
    return RawServer::answer(504,
                             wire::object("Status", wire::bytes(3, "Too large resource version")));
  });
  const auto page = client_->list(kPods, {});
  ASSERT_TRUE(page) << page.error().message();
  EXPECT_EQ(page->root().text_at("/metadata/resourceVersion"), "9");
  const auto behind = client_->list(kPods, {});
  ASSERT_FALSE(behind);
  EXPECT_TRUE(base::is_gone(behind.error()));
  EXPECT_EQ(behind.error().message(), "Too large resource version (HTTP 504)");
  EXPECT_NE(server_->requests()[0].find(
                "Accept: application/vnd.kubernetes.protobuf,application/json\r\n"),
            std::string::npos);
}

TEST_F(Clients, AskForLittleWhereNobodyReadsTheAnswerAndReadNothingOfIt) {
  start(
      [](int, const std::string&) { return RawServer::answer(200, "neither JSON nor protobuf"); });
  EXPECT_TRUE(client_->make(kPods, "team", base::Json::object()));
  EXPECT_TRUE(client_->apply(kPods, kPod, base::Json::object(), "me", "status"));
  EXPECT_TRUE(client_->remove(kPods, kPod));
  for (const auto& request : server_->requests())
    EXPECT_NE(request.find(";as=PartialObjectMetadata;g=meta.k8s.io;v=v1,"), std::string::npos);
}

TEST_F(Clients, AnErrorInProtobufIsReadWhereTheAnswerWouldNotBe) {
  start([](int, const std::string&) {
    return RawServer::answer(409, wire::object("Status", wire::bytes(3, "of another uid")));
  });
  const auto applied = client_->apply(kPods, kPod, base::Json::object(), "me");
  ASSERT_FALSE(applied);
  EXPECT_TRUE(base::is_conflict(applied.error()));
  EXPECT_EQ(applied.error().message(), "of another uid (HTTP 409)");
}

TEST_F(Clients, BrokenProtobufIsAnErrorThatMayPass) {
  start([](int, const std::string&) { return RawServer::answer(200, std::string("k8s\0\0", 5)); });
  const auto page = client_->list(kPods, {});
  ASSERT_FALSE(page);
  EXPECT_TRUE(base::is_retryable(page.error())) << page.error().message();
}

TEST_F(Clients, BrokenJsonIsAnErrorThatMayPass) {
  start([](int, const std::string&) { return RawServer::answer(200, "<html>"); });
  const auto pod = client_->get(kPods, kPod);
  ASSERT_FALSE(pod);
  EXPECT_TRUE(base::is_retryable(pod.error())) << pod.error().message();
}

TEST_F(Clients, AServerThatIsAwayIsUnavailableAndCounted) {
  start([](int, const std::string&) { return ""; });
  server_.reset();
  const auto pod = client_->get(kPods, kPod);
  ASSERT_FALSE(pod);
  EXPECT_EQ(pod.error().kind(), base::ErrorKind::kUnavailable);
  EXPECT_TRUE(metric("code=\"<error>\""));
}

TEST_F(Clients, WaitAsLongAsAThrottlingServerAsks) {
  start([](int n, const std::string&) {
    return n < 3 ? throttled("Retry-After: 5\r\n") : RawServer::answer(200, "{}");
  });
  const auto begun = clock_.mono();
  EXPECT_TRUE(while_time_passes([&] { return client_->get(kPods, kPod); }));
  EXPECT_GE(clock_.mono() - begun, 15s);
  EXPECT_EQ(count_, 4);
}

TEST_F(Clients, SayInTheirLogForWhichReconcileTheyWait) {
  std::vector<base::Json> lines;
  log_ = base::Log(base::LogLevel::kDebug, [&](base::LogLevel, const std::string& line) {
    lines.push_back(*base::parse_json(line));
  });
  start([](int n, const std::string&) {
    return n == 0 ? throttled("Retry-After: 5\r\n") : RawServer::answer(200, "{}");
  });
  {
    const base::LogScope scope(base::LogFields{{"reconcileID", "0000002a"}});
    EXPECT_TRUE(while_time_passes([&] { return client_->get(kPods, kPod); }));
  }
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(base::text_at(lines[0], "/message"), "throttled by the API server");
  EXPECT_EQ(base::text_at(lines[0], "/reconcileID"), "0000002a");
  client_.reset();  // before `lines`
}

TEST_F(Clients, GiveUpAfterThreeWaits) {
  start([](int, const std::string&) { return throttled("Retry-After: 1\r\n"); });
  const auto pod = while_time_passes([&] { return client_->get(kPods, kPod); });
  ASSERT_FALSE(pod);
  EXPECT_EQ(pod.error().kind(), base::ErrorKind::kExhausted);
  EXPECT_EQ(count_, 4);
}

TEST_F(Clients, AVersionThatTheServerHasNotReachedIsNotWaitedForHoweverItIsAsked) {
  start([](int, const std::string&) {
    return RawServer::answer(504, R"({"message": "Too large resource version: 9, current: 8"})",
                             "Retry-After: 1\r\n");
  });
  const auto list = client_->list(kPods, {.resource_version = "9"});
  ASSERT_FALSE(list);
  EXPECT_TRUE(base::is_gone(list.error())) << list.error().message();
  EXPECT_EQ(count_, 1);
}

TEST_F(Clients, RepeatNothingWithoutRetryAfter) {
  start([](int, const std::string&) { return throttled(""); });
  EXPECT_FALSE(client_->create(kPods, "team", base::Json::object()));
  EXPECT_FALSE(client_->get(kPods, kPod));
  EXPECT_EQ(count_, 2);
}

TEST_F(Clients, RepeatACreateThatWasRefusedUndoneAndNoneThatMayHaveBeenDone) {
  start([](int n, const std::string&) {
    if (n == 0) return throttled("Retry-After: 5\r\n");
    return n == 1 ? RawServer::answer(201, "{}")
                  : RawServer::answer(503, R"({"message": "away"})", "Retry-After: 5\r\n");
  });
  const auto begun = clock_.mono();
  const auto create = [&] { return client_->create(kPods, "team", base::Json::object()); };
  EXPECT_TRUE(while_time_passes(create));
  EXPECT_GE(clock_.mono() - begun, 5s);
  EXPECT_EQ(count_, 2);
  EXPECT_FALSE(create());
  EXPECT_EQ(count_, 3);
}

TEST_F(Clients, ATokenThatWasRotatedAwayCostsOneRepeat) {
  const Scratch scratch;
  const auto file = scratch.write("token", "old");
  start(
      [&](int, const std::string& request) {
        if (request.find("Bearer new\r\n") != std::string::npos)
          return RawServer::answer(200, "{}");
        scratch.write("token", "new");
        return RawServer::answer(401, R"({"message": "Unauthorized"})");
      },
      {.token_file = file});
  EXPECT_TRUE(client_->create(kPods, "team", base::Json::object()));
  EXPECT_EQ(count_, 2);
}

TEST_F(Clients, A401ThatStaysIsAnErrorAfterOneLook) {
  start([](int, const std::string&) { return RawServer::answer(401, "{}"); }, {.token = "t"});
  const auto pod = client_->get(kPods, kPod);
  ASSERT_FALSE(pod);
  EXPECT_TRUE(base::is_unauthorized(pod.error()));
  EXPECT_EQ(count_, 1);
}

TEST_F(Clients, AnInterruptEndsACallThatIsNotAnsweredAndAllLaterOnes) {
  start([](int, const std::string&) { return ""; });
  std::jthread interrupter([&] {
    while (count_ == 0) std::this_thread::yield();
    client_->interrupt();
  });
  const auto pod = client_->get(kPods, kPod);
  ASSERT_FALSE(pod);
  EXPECT_TRUE(base::is_cancelled(pod.error())) << pod.error().message();
  EXPECT_TRUE(base::is_cancelled(client_->get(kPods, kPod).error()));
  EXPECT_EQ(count_, 1);
}

}  // namespace
}  // namespace cresset::kube
