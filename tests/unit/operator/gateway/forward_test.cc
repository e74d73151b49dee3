#include "tests/unit/operator/gateway/forward_fixture.h"

namespace cresset::gateway {
namespace {

using std::chrono::milliseconds;

// A pod: an HTTP server that answers with its name, or holds the answers until release().
class FakePod {
 public:
  explicit FakePod(std::string name)
      : name_(std::move(name)), server_({}, [this](auto request, auto reply) {
          std::lock_guard lock(mutex_);
          last_ = std::move(request);
          ++requests_;
          if (holding_)
            held_.push_back(std::move(reply));
          else
            reply({.body = name_});
        }) {
    EXPECT_TRUE(server_.start());
  }
  ~FakePod() { release(); }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_.port()); }
  void hold() {
    std::lock_guard lock(mutex_);
    holding_ = true;
  }
  void release() {
    std::lock_guard lock(mutex_);
    holding_ = false;
    for (auto& reply : held_) reply({.body = name_});
    held_.clear();
  }
  int requests() const {
    std::lock_guard lock(mutex_);
    return requests_;
  }
  net::ServerRequest last() const {
    std::lock_guard lock(mutex_);
    return last_;
  }

 private:
  const std::string name_;
  mutable std::mutex mutex_;
  bool holding_ = false;
  int requests_ = 0;
  net::ServerRequest last_;
  std::vector<net::Reply> held_;
  net::HttpServer server_;
};

// An address on which nobody listens: it was bound a moment ago.
std::string a_dead_address() {
  net::HttpServer server({}, [](auto, auto) {});
  EXPECT_TRUE(server.start());
  return "127.0.0.1:" + std::to_string(server.port());
}

class ForwardTest : public ForwardFixture {
 protected:
  ForwardTest()
      : ForwardFixture(
            {.max_in_flight = 2, .buffer_bytes = 2048, .buffer_time = milliseconds(5000)}) {}
};

TEST_F(ForwardTest, ARequestReachesThePodWithoutTheCallersTokenAndHopByHopHeaders) {
  FakePod pod("a");
  route_to({pod.address()});
  const auto answer =
      ask("hello",
          {{"Authorization", "Bearer secret"}, {"X-Mine", "kept"}, {"Connection", "close"}})
          ->answer.get();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "a");
  EXPECT_EQ(pod.last().body, "hello");
  EXPECT_EQ(pod.last().target, "/v2/models/digits/infer");
  EXPECT_EQ(pod.last().header("x-mine"), "kept");
  EXPECT_EQ(pod.last().header("authorization"), "");
}

TEST_F(ForwardTest, OneRequestAfterTheOtherReachesThePodOverOneConnectionThoughCallersCloseTheirs) {
  FakePod pod("a");
  route_to({pod.address()});
  const net::Headers closing{{"Connection", "close"}};
  EXPECT_EQ(ask("x", closing)->answer.get().status, 200);
  const std::string peer = pod.last().remote;
  EXPECT_TRUE(peer.starts_with("127.0.0.1:")) << peer;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(ask("x", closing)->answer.get().status, 200);
    EXPECT_EQ(pod.last().remote, peer);
  }
  EXPECT_EQ(pod.requests(), 4);
}

TEST_F(ForwardTest, APodThatCannotBeConnectedToIsPassedOver) {
  FakePod pod("a");
  route_to({a_dead_address(), pod.address()});
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ask()->answer.get().body, "a");
}

TEST_F(ForwardTest, ARequestWaitsForAReplicaAndTheLeaderIsToldAtOnce) {
  int starved = 0;
  forwarder_.set_on_starved([&] { ++starved; });
  route_to({});
  const auto asked = ask();
  const auto next = ask();
  EXPECT_EQ(starved, 1) << "once: a burst is no flood of lines";
  EXPECT_EQ(forwarder_.waiting(kService), 2u);
  FakePod pod("a");
  route_to({pod.address()});
  EXPECT_EQ(asked->answer.get().body, "a");
}

TEST_F(ForwardTest, WhatAPodHasNoRoomForWaitsAndIsSharedWithANewReplica) {
  FakePod slow("slow"), fresh("fresh");
  slow.hold();
  route_to({slow.address()});
  std::vector<std::shared_ptr<Asked>> asked;
  for (int i = 0; i < 4; ++i) asked.push_back(ask());
  EXPECT_EQ(forwarder_.waiting(kService), 2u);
  route_to({slow.address(), fresh.address()});
  EXPECT_EQ(asked[2]->answer.get().body, "fresh");
  EXPECT_EQ(asked[3]->answer.get().body, "fresh");
  EXPECT_FALSE(asked[0]->answered());
  slow.release();
  EXPECT_EQ(asked[0]->answer.get().body, "slow");
}

TEST_F(ForwardTest, WaitingEndsAtTheDeadlineWith503) {
  route_to({});
  const auto asked = ask();
  clock_.advance(milliseconds(4999));
  forwarder_.expire();
  EXPECT_FALSE(asked->answered());
  clock_.advance(milliseconds(1));
  forwarder_.expire();
  const auto answer = asked->answer.get();
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("ns/digits"), std::string::npos);
}

TEST_F(ForwardTest, MoreBytesThanMayWaitAreAnswered503WithTheBound) {
  route_to({});
  ask(std::string(1000, 'x'));
  const auto answer = ask(std::string(1000, 'x'))->answer.get();
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("2048"), std::string::npos);
}

TEST_F(ForwardTest, ADeletedServiceAnswers404) {
  const auto answer = ask()->answer.get();
  EXPECT_EQ(answer.status, 404);
}

TEST_F(ForwardTest, AfterStopNothingIsSentAndWhatWaitedIsAnswered) {
  route_to({});
  const auto asked = ask();
  forwarder_.stop();
  EXPECT_EQ(asked->answer.get().status, 503);
  FakePod pod("a");
  route_to({pod.address()});
  EXPECT_EQ(ask()->answer.get().status, 503);
  EXPECT_EQ(pod.requests(), 0);
}

TEST_F(ForwardTest, TheDemandIsMeteredFromArrivalToAnswer) {
  route_to({});
  const auto asked = ask();
  clock_.advance(milliseconds(1000));
  EXPECT_NEAR(meter_.drain(clock_.mono()).at(kService).concurrency, 1.0, 1e-9);
  forwarder_.stop();
  asked->answer.get();
  EXPECT_EQ(meter_.drain(clock_.mono()).at(kService).in_system, 0);
}

}  // namespace
}  // namespace cresset::gateway
