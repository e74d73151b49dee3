// What becomes of the idle connections to an origin when one of them turns out to be dead.
#include <latch>

#include "tests/unit/operator/net/client/client_fixture.h"

namespace cresset::net::half_open_test {
namespace {

using Peer = RawServer::Connection;

// A client with two idle connections to a server that answers "fresh" on all others. What it does
// on these two after their first answer is `then`.
class TwoIdle {
 public:
  explicit TwoIdle(std::function<void(Peer&)> then)
      : server_([this, then](Peer& peer, const std::string& request) {
          if (!request.starts_with("GET /idle ")) return peer.write(answer("fresh"));
          both_.arrive_and_wait();
          peer.write(answer("idle"));
          then(peer);
          return false;
        }) {
    auto one = begin("GET", "/idle");
    auto other = begin("GET", "/idle");
    EXPECT_TRUE(one.get());
    EXPECT_TRUE(other.get());
  }
  static std::string answer(const std::string& body) { return RawServer::answer(200, body); }

  std::future<Outcome> begin(const std::string& method, const std::string& path,
                             std::chrono::milliseconds timeout = 20s) {
    return std::async(std::launch::async, [this, method, path, timeout] {
      return send_and_wait(client_,
                           {.method = method, .url = server_.url() + path, .timeout = timeout});
    });
  }
  // The body of the answer, or what was wrong.
  std::string body(const std::string& method, const std::string& path) {
    const Outcome outcome = begin(method, path).get();
    return outcome ? outcome->body : outcome.error().error.message();
  }

 private:
  std::latch both_{2};
  RawServer server_;
  HttpClient client_;
};

TEST(IdleConnections, AreGivenUpWithOneThatDoesNotAnswer) {
  TwoIdle world([](Peer& peer) { peer.wait_for_close(); });
  const Outcome lost = world.begin("POST", "/lost", 50ms).get();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().error.kind(), base::ErrorKind::kTimeout);
  EXPECT_FALSE(lost.error().nothing_was_sent);
  EXPECT_EQ(world.body("POST", "/next"), "fresh");
}

TEST(IdleConnections, AreGivenUpWithOneThatBreaksWithoutAnAnswer) {
  TwoIdle world([](Peer& peer) { peer.read_request(); });
  const Outcome lost = world.begin("POST", "/lost").get();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().error.kind(), base::ErrorKind::kUnavailable);
  EXPECT_FALSE(lost.error().nothing_was_sent);
  EXPECT_EQ(world.body("POST", "/next"), "fresh");
}

TEST(IdleConnections, ThatAnsweredSinceAreKept) {
  std::promise<void> came;
  TwoIdle world([&came](Peer& peer) {
    for (auto request = peer.read_request(); !request.empty(); request = peer.read_request()) {
      if (request.starts_with("POST /lost ")) {
        came.set_value();
        return peer.wait_for_close();
      }
      peer.write(TwoIdle::answer("idle"));
    }
  });
  auto lost = world.begin("POST", "/lost", 300ms);
  came.get_future().wait();
  // "fresh" on a machine so slow that the time was over before this was sent.
  const std::string meanwhile = world.body("GET", "/");
  EXPECT_FALSE(lost.get());
  EXPECT_EQ(world.body("GET", "/"), meanwhile);
}

}  // namespace
}  // namespace cresset::net::half_open_test
