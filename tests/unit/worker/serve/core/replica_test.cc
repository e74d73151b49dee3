#include "worker/serve/core/replica.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <functional>
#include <latch>
#include <thread>

#include "operator/net/client/http_client.h"
#include "tests/unit/worker/serve/core/fakes.h"

namespace cresset::serve {
namespace {

using std::chrono::milliseconds;
using testing::SumSession;

class ReplicaTest : public ::testing::Test {
 protected:
  static ReplicaOptions options() {
    ReplicaOptions options;
    options.model = "points";
    options.address = "127.0.0.1";
    options.batching.limits = {.max_rows = 8, .max_delay = milliseconds(2)};
    options.max_request_bytes = 4096;
    options.drain = milliseconds(5000);
    options.goodbye = milliseconds(0);
    return options;
  }
  void SetUp() override { ASSERT_TRUE(replica_->start()); }
  net::Response ask(const std::string& method, const std::string& path,
                    const std::string& body = "", net::Headers headers = {}) {
    net::Request request;
    request.method = method;
    request.url = "http://127.0.0.1:" + std::to_string(replica_->port()) + path;
    request.headers = std::move(headers);
    request.body = body;
    auto answer = client_.send(request);
    EXPECT_TRUE(answer) << answer.error().message();
    return answer ? *answer : net::Response{};
  }

  // Until release_, what comes later must queue.
  void serve_and_hold_the_first_batch() {
    auto session = std::make_unique<SumSession>();
    session->before_first_run = [this] {
      entered_.count_down();
      release_.wait();
    };
    replica_->serve(std::move(session));
  }
  // Whether it comes to be so within ten seconds.
  bool comes(const std::function<bool()>& so) {
    const auto patience = clock_.mono() + std::chrono::seconds(10);
    while (clock_.mono() < patience)
      if (so()) return true;
    return false;
  }

  const std::string kInfer = "/v2/models/points/infer";
  const std::string kRow =
      R"({"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[1,2]}]})";
  const std::string kLost =
      R"({"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[-999,0]}]})";
  const std::string kPoison =
      R"({"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[-12345,0]}]})";
  std::latch entered_{1};
  std::latch release_{1};
  base::SystemClock clock_;
  net::HttpClient client_;
  std::unique_ptr<Replica> replica_ = std::make_unique<Replica>(options(), clock_, base::silent());
};

TEST_F(ReplicaTest, IsLiveBeforeTheModelAndReadyOnlyAfterIt) {
  EXPECT_EQ(ask("GET", "/v2/health/live").status, 200);
  EXPECT_EQ(ask("GET", "/v2/health/ready").status, 503);
  EXPECT_EQ(ask("POST", kInfer, kRow).status, 503);
  replica_->serve(std::make_unique<SumSession>());
  EXPECT_EQ(ask("GET", "/v2/health/ready").status, 200);
  EXPECT_EQ(ask("POST", kInfer, kRow).status, 200);
}

TEST_F(ReplicaTest, BinaryTensorsGoInAndOutOverHttp) {
  replica_->serve(std::make_unique<SumSession>());
  const std::string json =
      R"({"parameters":{"binary_data_output":true},"inputs":[{"name":"input","shape":[1,2],)"
      R"("datatype":"FP32","parameters":{"binary_data_size":8}}],"outputs":[{"name":"sum"}]})";
  const float values[2] = {1.5f, 2};
  const auto answer =
      ask("POST", kInfer, json + std::string(reinterpret_cast<const char*>(values), 8),
          {{"Inference-Header-Content-Length", std::to_string(json.size())}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto* length = net::find_header(answer.headers, "inference-header-content-length");
  ASSERT_NE(length, nullptr);
  float sum = 0;
  ASSERT_EQ(answer.body.size(), std::stoul(*length) + sizeof sum);
  std::memcpy(&sum, answer.body.data() + std::stoul(*length), sizeof sum);
  EXPECT_EQ(sum, 3.5f);
}

TEST_F(ReplicaTest, ABodyOverTheLimitIsA413WithTheLimit) {
  replica_->serve(std::make_unique<SumSession>());
  const auto answer = ask("POST", kInfer, std::string(5000, ' '));
  EXPECT_EQ(answer.status, 413);
  EXPECT_NE(answer.body.find("4096"), std::string::npos) << answer.body;
}

// Sixteen clients who ask in rounds, against a session whose work lasts until the whole round has
// come: what arrives while one batch runs is the next batch.
class CrowdTest : public ReplicaTest {
 protected:
  static constexpr int kClients = 16;
  static constexpr int kRounds = 20;

  CrowdTest() {
    auto options = ReplicaTest::options();
    options.batching.limits.max_rows = kClients;
    replica_ = std::make_unique<Replica>(options, clock_, base::silent());
  }
  std::string sum_of(int x, int y) {
    const auto answer =
        ask("POST", kInfer,
            R"({"inputs":[{"name":"input","shape":[1,2],"datatype":"FP32","data":[)" +
                std::to_string(x) + "," + std::to_string(y) + "]}]}");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.body;
  }
  int64_t queued() {
    return base::number_at(base::Json::parse(ask("GET", "/load").body), "/queued");
  }
  void work(int64_t rows) {
    if (!crowded_) return;
    ran_ += rows;
    const int64_t round = (ran_ + kClients - 1) / kClients;
    while (ran_ + queued() < round * kClients) std::this_thread::yield();
  }
  static std::vector<int64_t> batches_of(SumSession& session) {
    std::lock_guard lock(session.mutex);
    return std::exchange(session.batches, {});
  }
  std::atomic<bool> crowded_ = false;
  int64_t ran_ = 0;  // rows, by the batcher's thread
};

TEST_F(CrowdTest, UnderLoadABatchHoldsMoreThanFourAndTheAnswersAreThoseOfLoneRequests) {
  auto session = std::make_unique<SumSession>();
  auto& counted = *session;
  session->work = [this](int64_t rows) { work(rows); };
  replica_->serve(std::move(session));
  std::vector<std::string> alone;
  for (int i = 0; i < kClients * kRounds; ++i) alone.push_back(sum_of(i / kRounds, 1000 * i));
  EXPECT_EQ(batches_of(counted).size(), alone.size()) << "a lone client waits for nobody";

  crowded_ = true;
  std::barrier round(kClients);
  std::vector<std::string> together(alone.size());
  std::vector<std::jthread> clients;
  for (int c = 0; c < kClients; ++c)
    clients.emplace_back([&, c] {
      for (int i = c * kRounds; i < (c + 1) * kRounds; ++i) {
        round.arrive_and_wait();
        together[static_cast<size_t>(i)] = sum_of(c, 1000 * i);
      }
    });
  clients.clear();
  EXPECT_EQ(together, alone);
  EXPECT_GT(static_cast<double>(alone.size()) / static_cast<double>(batches_of(counted).size()), 4);
}

TEST_F(ReplicaTest, TheMetricsTellHowManyRequestsWait) {
  const auto pending = [this] {
    const std::string name = "\nnv_inference_pending_request_count{";
    const std::string text = ask("GET", "/metrics").body;
    const size_t line = text.find(name);
    return line == std::string::npos ? -1 : std::stoi(text.substr(text.find("} ", line) + 2));
  };
  EXPECT_EQ(pending(), -1) << "no model, no such metric";
  serve_and_hold_the_first_batch();
  EXPECT_EQ(pending(), 0);
  std::vector<std::jthread> clients;
  const auto ask_once = [this] { EXPECT_EQ(ask("POST", kInfer, kRow).status, 200); };
  clients.emplace_back(ask_once);
  entered_.wait();
  for (int i = 0; i < 3; ++i) clients.emplace_back(ask_once);
  const auto patience = clock_.mono() + std::chrono::seconds(10);
  while (pending() < 3 && clock_.mono() < patience) std::this_thread::yield();
  EXPECT_EQ(pending(), 3) << "the one that runs waits no more";
  release_.count_down();
  clients.clear();
  EXPECT_EQ(pending(), 0);
}

TEST_F(ReplicaTest, AModelThatFailsIsNotReadyUntilItWorksAgain) {
  auto session = std::make_unique<SumSession>();
  std::atomic<bool> broken = false;
  session->work = [&](int64_t) {
    if (broken) throw std::runtime_error("the device is gone");
  };
  replica_->serve(std::move(session));
  EXPECT_EQ(ask("POST", kInfer, kRow).status, 200);
  broken = true;
  EXPECT_EQ(ask("GET", "/v2/health/ready").status, 200) << "nobody asked it for anything yet";
  const auto failed = ask("POST", kInfer, kRow);
  EXPECT_EQ(failed.status, 500);
  EXPECT_NE(failed.body.find("the device is gone"), std::string::npos) << failed.body;
  EXPECT_TRUE(comes([&] { return ask("GET", "/v2/health/ready").status == 503; }));
  EXPECT_FALSE(
      worker_contract::decode_replica_load(base::Json::parse(ask("GET", "/load").body))->ready)
      << "gateways pass it over";
  EXPECT_EQ(ask("GET", "/v2/health/live").status, 200);
  EXPECT_EQ(ask("GET", "/v2/health/ready").status, 503);
  broken = false;
  EXPECT_TRUE(comes([&] { return ask("GET", "/v2/health/ready").status == 200; }))
      << "a row was tried for the probe";
  EXPECT_EQ(ask("POST", kInfer, kRow).status, 200);
}

TEST_F(ReplicaTest, RowsThatMakeTheModelThrowTakeNobodyOutOfService) {
  replica_->serve(std::make_unique<SumSession>());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ask("POST", kInfer, kPoison).status, 500);
    EXPECT_EQ(ask("POST", kInfer, kRow).status, 200) << "behind the row that was tried";
    EXPECT_EQ(ask("GET", "/v2/health/ready").status, 200);
  }
}

TEST_F(ReplicaTest, ASessionThatIsLostIsToldWithItsWordsAndOtherFailuresAreNot) {
  std::mutex mutex;
  std::vector<std::string> told;
  auto own = options();
  own.on_lost = [&](const base::Error& error) {
    const std::lock_guard lock(mutex);
    told.push_back(error.message());
  };
  replica_ = std::make_unique<Replica>(own, clock_, base::silent());
  ASSERT_TRUE(replica_->start());
  replica_->serve(std::make_unique<SumSession>());
  EXPECT_EQ(ask("POST", kInfer, kPoison).status, 500);
  const auto lost = ask("POST", kInfer, kLost);
  EXPECT_EQ(lost.status, 503);
  EXPECT_NE(lost.body.find("the GPU is lost"), std::string::npos) << lost.body;
  replica_.reset();
  EXPECT_EQ(told, std::vector<std::string>{"the GPU is lost"});
}

TEST_F(ReplicaTest, ACrowdOfSuchRowsTakesNobodyOutOfServiceEither) {
  serve_and_hold_the_first_batch();
  std::vector<std::jthread> clients;
  const auto ask_once = [&] { EXPECT_EQ(ask("POST", kInfer, kPoison).status, 500); };
  clients.emplace_back(ask_once);
  entered_.wait();
  for (int i = 0; i < 20; ++i) clients.emplace_back(ask_once);
  const auto queued = [&] {
    return base::number_at(base::Json::parse(ask("GET", "/load").body), "/queued");
  };
  EXPECT_TRUE(comes([&] { return queued() == 20; }));
  release_.count_down();
  clients.clear();
  EXPECT_EQ(ask("POST", kInfer, kRow).status, 200) << "behind all rows that were tried";
  EXPECT_EQ(ask("GET", "/v2/health/ready").status, 200);
}

TEST_F(ReplicaTest, DrainAnswersWhatIsInFlightAndThenClosesThePort) {
  serve_and_hold_the_first_batch();
  net::Response answer;
  std::thread asker([&] { answer = ask("POST", kInfer, kRow); });
  entered_.wait();
  bool drained = false;
  std::thread drainer([&] { drained = replica_->drain(); });
  while (ask("GET", "/v2/health/ready").status != 503) std::this_thread::yield();
  release_.count_down();
  asker.join();
  drainer.join();
  EXPECT_TRUE(drained);
  EXPECT_EQ(answer.status, 200) << answer.body;
  net::Request late;
  late.url = "http://127.0.0.1:" + std::to_string(replica_->port()) + "/v2/health/live";
  EXPECT_FALSE(client_.send(late));
}

}  // namespace
}  // namespace cresset::serve
