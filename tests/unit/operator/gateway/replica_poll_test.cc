#include "operator/gateway/replica_poll.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>

#include "operator/net/server/http_server.h"

namespace cresset::gateway {
namespace {

// A replica whose /load a test sets.
class PollTest : public ::testing::Test {
 protected:
  PollTest() {
    EXPECT_TRUE(server_.start());
    auto route = std::make_shared<Route>();
    route->key = {"ns", "digits"};
    route->backends.push_back(backends_.at("127.0.0.1:" + std::to_string(server_.port())));
    route_ = route;
  }
  ~PollTest() override { client_.reset(); }
  Backend& backend() { return *route_->backends.front(); }
  void tell(const worker_contract::ReplicaLoad& load) {
    std::lock_guard lock(mutex_);
    load_ = load;
  }
  // Ticks until `done` holds: what a poll brings comes later, on the client's thread.
  void tick_until(const std::function<bool()>& done, const std::vector<std::string>& peers = {}) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      const int before = answered_;
      poll_.tick({route_}, peers);
      ++ticks_;
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return answered_ > before; });
    }
    EXPECT_TRUE(done());
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  worker_contract::ReplicaLoad load_;
  worker_contract::ReplicaLoad grows_;  // by these totals with each answer
  bool broken_ = false;
  int ticks_ = 0;
  std::atomic<int> answered_{0};
  std::atomic<int> usable_{0};
  net::HttpServer server_{{}, [this](net::ServerRequest, net::Reply reply) {
                            std::lock_guard lock(mutex_);
                            load_.rows_total += grows_.rows_total;
                            load_.batches_total += grows_.batches_total;
                            load_.service_seconds_total += grows_.service_seconds_total;
                            reply({.body = broken_ ? "<html>" : base::dump(encode(load_))});
                            ++answered_;
                            changed_.notify_all();
                          }};
  Backends backends_;
  RoutePtr route_;
  std::unique_ptr<net::HttpClient> client_ = std::make_unique<net::HttpClient>();
  ReplicaPoll poll_{*client_, "me", [this](const kube::ObjectKey&) { ++usable_; }};
};

TEST_F(PollTest, AReplicaThatDrainsGetsNoMoreUntilItIsReady) {
  tell({.ready = true, .draining = true});
  tick_until([&] { return backend().refuses.load(); });
  tell({.ready = true});
  tick_until([&] { return usable_ > 0; });
  EXPECT_FALSE(backend().refuses);
}

TEST_F(PollTest, AReplicaThatIsNotReadyGetsNothingUntilItIs) {
  tell({.ready = false});
  tick_until([&] { return backend().refuses.load(); });
  tell({.ready = true});
  tick_until([&] { return usable_ > 0; });
  EXPECT_FALSE(backend().refuses);
}

TEST_F(PollTest, WhatReplicasToldIsSummedAsDifferences) {
  tell({.ready = true, .in_flight = 4, .queued = 3, .max_batch = 8});
  {
    std::lock_guard lock(mutex_);
    grows_ = {.rows_total = 40, .batches_total = 10, .service_seconds_total = 0.02};
  }
  tick_until([&] { return answered_ > 2 && poll_.sums(*route_).batch_fill > 0; });
  const auto sums = poll_.sums(*route_);
  EXPECT_EQ(sums.replicas, 1);
  EXPECT_EQ(sums.queued, 3);
  ASSERT_EQ(sums.busy.size(), 1U);
  EXPECT_EQ(sums.busy[0].address, backend().address);
  EXPECT_EQ(sums.busy[0].in_flight, 4);
  EXPECT_NEAR(sums.batch_fill, 0.5, 1e-9);
  EXPECT_NEAR(sums.service_milliseconds, 2, 1e-6);
}

TEST_F(PollTest, AReplicaThatCannotBeConnectedToIsPassedOver) {
  server_.stop();
  poll_.tick({route_}, {});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!backend().refuses && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_TRUE(backend().refuses);
}

TEST_F(PollTest, AnotherGatewaysReplicasAreLeftToIt) {
  tell({.ready = true});
  const std::string address = backend().address;
  std::string other = "a";
  while (owner_of(address, {"me", other}) == "me") other += "a";
  poll_.tick({route_}, {"me", other});
  tick_until([&] { return answered_ > 0; }, {"me"});
  EXPECT_LE(answered_, ticks_);
}

TEST_F(PollTest, AnAnswerThatIsNoLoadChangesNothing) {
  {
    std::lock_guard lock(mutex_);
    broken_ = true;
  }
  tick_until([&] { return answered_ >= 2; });
  EXPECT_FALSE(backend().refuses);
  EXPECT_EQ(poll_.sums(*route_).replicas, 0);
}

}  // namespace
}  // namespace cresset::gateway
