#include "worker/serve/core/routes.h"

#include <gtest/gtest.h>

#include <latch>

#include "tests/unit/worker/serve/core/fakes.h"

namespace cresset::serve {
namespace {

using testing::SumSession;

// Keeps the one answer and lets a test wait for it.
class Mailbox : public net::Reply::Sink {
 public:
  void send(net::ServerResponse response) override {
    std::lock_guard lock(mutex_);
    response_ = std::move(response);
    changed_.notify_all();
  }
  bool gone() const override { return false; }
  net::ServerResponse wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return response_.has_value(); });
    return *response_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<net::ServerResponse> response_;
};

class RoutesTest : public ::testing::Test {
 protected:
  net::ServerResponse ask(const std::string& method, const std::string& path,
                          const std::string& body = "") {
    return send(method, path, body)->wait();
  }
  std::shared_ptr<Mailbox> send(const std::string& method, const std::string& path,
                                const std::string& body) {
    auto mailbox = std::make_shared<Mailbox>();
    net::ServerRequest request;
    request.method = method;
    request.target = request.path = path;
    request.body = body;
    routes_.handle(std::move(request), net::Reply(mailbox));
    return mailbox;
  }
  void serve(size_t max_queue = 16) {
    batcher_ = std::make_unique<Batcher>(
        session_,
        BatcherOptions{{.max_rows = 8, .max_delay = std::chrono::milliseconds(2)}, max_queue},
        clock_, load_, counted_);
    self_test_.use(*batcher_);
    routes_.serve(session_.signature(), *batcher_, counted_, self_test_);
  }

  const std::string kInfer = "/v2/models/points/infer";
  const std::string kRow =
      R"({"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]})";
  base::SystemClock clock_;
  base::Metrics metrics_;
  LoadCounters load_;
  ServeMetrics counted_{metrics_, "points", "3"};
  SumSession session_;
  Routes routes_{{.model = "points"}, clock_, load_, metrics_};
  SelfTest self_test_{session_.signature(), load_, base::silent()};
  std::unique_ptr<Batcher> batcher_;
};

TEST_F(RoutesTest, BeforeTheModelItIsLiveAndNotReady) {
  EXPECT_EQ(ask("GET", "/v2/health/live").status, 200);
  EXPECT_EQ(ask("GET", "/v2/health/ready").status, 503);
  EXPECT_EQ(ask("GET", "/v2/models/points/ready").status, 503);
  const auto refused = ask("POST", kInfer, kRow);
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("\\\"points\\\" is not ready"), std::string::npos) << refused.body;
}

TEST_F(RoutesTest, OnceServedItIsReadyAndAnswers) {
  serve();
  EXPECT_EQ(ask("GET", "/v2/health/ready").body, R"({"ready":true})");
  EXPECT_EQ(ask("GET", "/v2/models/points/versions/3/ready").status, 200);
  for (const auto& path : {kInfer, std::string("/v2/models/points/versions/3/infer")}) {
    const auto answer = ask("POST", path, kRow);
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(base::Json::parse(answer.body)["outputs"][0]["data"][0], 3);
  }
  EXPECT_EQ(load_.in_flight, 0);
}

TEST_F(RoutesTest, AWrongRequestIsA400ThatNamesTheTensorAndIsCounted) {
  serve();
  const auto answer =
      ask("POST", kInfer,
          R"({"inputs":[{"name":"pixels","shape":[1,2],"datatype":"FP32","data":[1,2]}]})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(base::Json::parse(answer.body)["error"].get<std::string>().find("pixels"),
            std::string::npos);
  EXPECT_NE(ask("GET", "/metrics")
                .body.find("nv_inference_request_failure{model=\"points\",version=\"3\"} 1"),
            std::string::npos);
}

TEST_F(RoutesTest, UnknownPathsModelsVersionsAndMethodsGetWords) {
  serve();
  EXPECT_EQ(ask("GET", "/v3").status, 404);
  EXPECT_NE(ask("GET", "/v3").body.find("/v2/health/live"), std::string::npos);
  EXPECT_EQ(ask("POST", "/v2/models/other/infer", kRow).status, 404);
  EXPECT_NE(ask("GET", "/v2/models/other").body.find("\\\"points\\\""), std::string::npos);
  EXPECT_EQ(ask("GET", "/v2/models/points/versions/4").status, 404);
  EXPECT_EQ(ask("POST", "/infer", kRow).status, 404);
  const auto wrong = ask("GET", kInfer);
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at(0), (std::pair<std::string, std::string>{"Allow", "POST"}));
  EXPECT_EQ(ask("DELETE", "/load").status, 405);
}

TEST_F(RoutesTest, OverTheQueueItIsA503ThatSaysWhenToComeBack) {
  std::latch entered{1};
  std::latch release{1};
  session_.before_first_run = [&] {
    entered.count_down();
    release.wait();
  };
  serve(1);
  const auto first = send("POST", kInfer, kRow);
  entered.wait();
  const auto second = send("POST", kInfer, kRow);
  const auto third = ask("POST", kInfer, kRow);
  EXPECT_EQ(third.status, 503);
  EXPECT_EQ(third.headers.at(0).first, "Retry-After");
  EXPECT_EQ(
      worker_contract::decode_replica_load(base::Json::parse(ask("GET", "/load").body))->in_flight,
      2);
  release.count_down();
  EXPECT_EQ(first->wait().status, 200);
  EXPECT_EQ(second->wait().status, 200);
}

TEST_F(RoutesTest, WhileDrainingItIsNotReadyButAnswersAndCloses) {
  serve();
  routes_.drain();
  EXPECT_EQ(ask("GET", "/v2/health/ready").status, 503);
  EXPECT_EQ(ask("GET", "/v2/health/live").status, 200);
  const auto answer = ask("POST", kInfer, kRow);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.close);
  const auto load =
      *worker_contract::decode_replica_load(base::Json::parse(ask("GET", "/load").body));
  EXPECT_TRUE(load.draining);
  EXPECT_FALSE(load.ready);
}

TEST_F(RoutesTest, TellsServerAndModelMetadata) {
  serve();
  EXPECT_EQ(base::Json::parse(ask("GET", "/v2").body)["name"], "cresset");
  EXPECT_EQ(base::Json::parse(ask("GET", "/v2/models/points").body)["inputs"][0]["name"], "input");
}

}  // namespace
}  // namespace cresset::serve
