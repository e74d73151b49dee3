// Pods that misbehave on the wire.
#include <thread>

#include "tests/support/raw_server.h"
#include "tests/unit/operator/gateway/forward_fixture.h"

namespace cresset::gateway::forward_faults_test {
namespace {

using cresset::testing::RawServer;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

class Faults : public ForwardFixture {
 protected:
  Faults() : ForwardFixture({.answer_timeout = milliseconds(200)}) {}
  static std::string address(const RawServer& server) {
    return "127.0.0.1:" + std::to_string(server.port());
  }
  net::ServerResponse answer_of(const std::vector<std::string>& addresses,
                                net::Headers headers = {}) {
    route_to(addresses);
    return ask("b", std::move(headers))->answer.get();
  }
};

TEST_F(Faults, ARequestOfWhichBytesWereSentIsNotSentAgain) {
  RawServer cutting([](RawServer::Connection&, const std::string&) { return false; });
  RawServer also_cutting([](RawServer::Connection&, const std::string&) { return false; });
  const auto answer = answer_of({address(cutting), address(also_cutting)});
  EXPECT_EQ(answer.status, 502);
  EXPECT_THAT(answer.body, HasSubstr("gave no whole answer"));
  EXPECT_EQ(cutting.requests().size() + also_cutting.requests().size(), 1u);
}

TEST_F(Faults, APodWhoseConnectionBrokeGetsNoOtherRequestUntilItIsKnownToLive) {
  RawServer dying([](RawServer::Connection&, const std::string&) { return false; });
  BackendPtr broken;
  forwarder_.set_on_broken([&](const auto&, const BackendPtr& backend) { broken = backend; });
  EXPECT_EQ(answer_of({address(dying)}).status, 502);
  ASSERT_NE(broken, nullptr);
  const auto next = ask();
  // The thread that answered the first may just be looking whether the next can go.
  while (forwarder_.waiting(kService) != 1) std::this_thread::yield();
  EXPECT_EQ(dying.requests().size(), 1u);
  RawServer other([](RawServer::Connection& peer, const std::string&) {
    return peer.write(RawServer::answer(200, "{}"));
  });
  route_to({address(dying), address(other)});
  EXPECT_EQ(next->answer.get().status, 200);
}

TEST_F(Faults, APodThatDoesNotAnswerIs504) {
  RawServer silent([](RawServer::Connection& peer, const std::string&) {
    peer.wait_for_close();
    return false;
  });
  const auto answer = answer_of({address(silent)});
  EXPECT_EQ(answer.status, 504);
  EXPECT_THAT(answer.body, HasSubstr("200 ms"));
  EXPECT_EQ(silent.requests().size(), 1u);
}

TEST_F(Faults, APodThatSpeaksNoHttpIs502) {
  RawServer strange([](RawServer::Connection& peer, const std::string&) {
    peer.write("hello\r\n\r\n");
    return false;
  });
  EXPECT_EQ(answer_of({address(strange)}).status, 502);
}

TEST_F(Faults, HeadersThatConnectionNamesGoNoFurtherEitherWay) {
  RawServer pod([](RawServer::Connection& peer, const std::string&) {
    return peer.write(RawServer::answer(
        200, "{}", "Connection: X-Pod-Hop\r\nX-Pod-Hop: 1\r\nX-Pod: 2\r\nKeep-Alive: 5\r\n"));
  });
  const auto answer = answer_of({address(pod)}, {{"Connection", "keep-alive, X-Hop"},
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
  const auto answer = answer_of({address(pod)});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body, R"({"error":"input x is missing"})");
}

}  // namespace
}  // namespace cresset::gateway::forward_faults_test
