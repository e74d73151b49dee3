#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "operator/gateway/forward.h"
#include "tests/support/raw_server.h"

namespace cresset::gateway::forward_faults_test {
namespace {

using cresset::testing::RawServer;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

struct Asked : net::Reply::Sink {
  std::promise<net::ServerResponse> promise;
  void send(net::ServerResponse response) override { promise.set_value(std::move(response)); }
  bool gone() const override { return false; }
};

// Pods that misbehave on the wire.
class Faults : public ::testing::Test {
 protected:
  ~Faults() override {
    forwarder_.stop();
    client_.reset();
  }
  static std::string address(const RawServer& server) {
    return "127.0.0.1:" + std::to_string(server.port());
  }
  void route_to(const std::vector<std::string>& addresses) {
    auto route = std::make_shared<Route>();
    route->key = kKey;
    for (const auto& address : addresses) route->backends.push_back(backends_.at(address));
    routes_.put(route);
  }
  std::future<net::ServerResponse> asked(net::Headers headers = {}) {
    auto asked = std::make_shared<Asked>();
    auto answer = asked->promise.get_future();
    forwarder_.forward(kKey, "/v2/x",
                       {.method = "POST", .headers = std::move(headers), .body = "b"},
                       net::Reply(asked));
    return answer;
  }
  net::ServerResponse ask(const std::vector<std::string>& addresses, net::Headers headers = {}) {
    route_to(addresses);
    return asked(std::move(headers)).get();
  }

  const kube::ObjectKey kKey{"ns", "digits"};
  base::ManualClock clock_;
  base::Metrics metrics_;
  Backends backends_;
  RouteBoard routes_;
  LoadMeter meter_;
  std::unique_ptr<net::HttpClient> client_ = std::make_unique<net::HttpClient>();
  Forwarder forwarder_{
      {.answer_timeout = milliseconds(200)}, routes_, *client_, meter_, clock_, metrics_};
};

TEST_F(Faults, ARequestOfWhichBytesWereSentIsNotSentAgain) {
  RawServer cutting([](RawServer::Connection&, const std::string&) { return false; });
  RawServer also_cutting([](RawServer::Connection&, const std::string&) { return false; });
  const auto answer = ask({address(cutting), address(also_cutting)});
  EXPECT_EQ(answer.status, 502);
  EXPECT_THAT(answer.body, HasSubstr("gave no whole answer"));
  EXPECT_EQ(cutting.requests().size() + also_cutting.requests().size(), 1u);
}

TEST_F(Faults, APodWhoseConnectionBrokeGetsNoOtherRequestUntilItIsKnownToLive) {
  RawServer dying([](RawServer::Connection&, const std::string&) { return false; });
  BackendPtr broken;
  forwarder_.set_on_broken([&](const auto&, const BackendPtr& backend) { broken = backend; });
  EXPECT_EQ(ask({address(dying)}).status, 502);
  ASSERT_NE(broken, nullptr);
  auto next = asked();
  // The thread that answered the first may just be looking whether the next can go.
  while (forwarder_.waiting(kKey) != 1) std::this_thread::yield();
  EXPECT_EQ(dying.requests().size(), 1u);
  RawServer other([](RawServer::Connection& peer, const std::string&) {
    return peer.write(RawServer::answer(200, "{}"));
  });
  route_to({address(dying), address(other)});
  forwarder_.pump(kKey);
  EXPECT_EQ(next.get().status, 200);
}

TEST_F(Faults, APodThatDoesNotAnswerIs504) {
  RawServer silent([](RawServer::Connection& peer, const std::string&) {
    peer.wait_for_close();
    return false;
  });
  const auto answer = ask({address(silent)});
  EXPECT_EQ(answer.status, 504);
  EXPECT_THAT(answer.body, HasSubstr("200 ms"));
  EXPECT_EQ(silent.requests().size(), 1u);
}

TEST_F(Faults, APodThatSpeaksNoHttpIs502) {
  RawServer strange([](RawServer::Connection& peer, const std::string&) {
    peer.write("hello\r\n\r\n");
    return false;
  });
  EXPECT_EQ(ask({address(strange)}).status, 502);
}

TEST_F(Faults, HeadersThatConnectionNamesGoNoFurtherEitherWay) {
  RawServer pod([](RawServer::Connection& peer, const std::string&) {
    return peer.write(RawServer::answer(
        200, "{}", "Connection: X-Pod-Hop\r\nX-Pod-Hop: 1\r\nX-Pod: 2\r\nKeep-Alive: 5\r\n"));
  });
  const auto answer = ask({address(pod)}, {{"Connection", "keep-alive, X-Hop"},
                                           {"X-Hop", "secret"},
                                           {"TE", "trailers"},
                                           {"X-Kept", "yes"}});
  const std::string sent = pod.requests().at(0);
  EXPECT_THAT(sent, HasSubstr("X-Kept: yes\r\n"));
  EXPECT_THAT(sent, ::testing::Not(HasSubstr("secret")));
  EXPECT_THAT(sent, ::testing::Not(HasSubstr("trailers")));
  EXPECT_EQ(answer.headers, (net::Headers{{"X-Pod", "2"}}));
  EXPECT_EQ(answer.content_type, "application/json");
}

TEST_F(Faults, ErrorsOfThePodArePassedOn) {
  RawServer pod([](RawServer::Connection& peer, const std::string&) {
    return peer.write(RawServer::answer(400, R"({"error":"input x is missing"})"));
  });
  const auto answer = ask({address(pod)});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, R"({"error":"input x is missing"})");
}

}  // namespace
}  // namespace cresset::gateway::forward_faults_test
