#include "tests/unit/operator/net/client/client_fixture.h"

namespace cresset::net {
namespace {

// Reads requests and answers none.
std::unique_ptr<RawServer> silent() {
  return std::make_unique<RawServer>([](RawServer::Connection& peer, const std::string&) {
    peer.wait_for_close();
    return false;
  });
}

TEST(Timeouts, AnAnswerThatDoesNotComeIsAnError) {
  const auto server = silent();
  HttpClient client;
  const auto outcome = send_and_wait(client, {.url = server->url(), .timeout = 30ms});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().error.kind(), base::ErrorKind::kTimeout);
  EXPECT_THAT(outcome.error().error.message(), HasSubstr("in 30 ms"));
  EXPECT_FALSE(outcome.error().nothing_was_sent);
}

TEST(Timeouts, ABodyThatStopsIsAnError) {
  RawServer server([](RawServer::Connection& peer, const std::string&) {
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
    peer.wait_for_close();
    return false;
  });
  HttpClient client;
  const auto answer = client.send({.url = server.url(), .timeout = 30ms});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), base::ErrorKind::kTimeout);
}

TEST(Timeouts, AHandshakeThatDoesNotComeSentNothing) {
  RawServer server([](RawServer::Connection& peer, const std::string&) {
    peer.wait_for_close();
    return false;
  });
  HttpClient client({.connect_timeout = 30ms});
  const auto outcome =
      send_and_wait(client, {.url = "https://127.0.0.1:" + std::to_string(server.port())});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().error.kind(), base::ErrorKind::kTimeout);
  EXPECT_TRUE(outcome.error().nothing_was_sent);
  EXPECT_THAT(outcome.error().error.message(), HasSubstr("longer than 30 ms"));
}

TEST(Timeouts, OfAReusedConnectionStartAnew) {
  const auto server = serving([](ServerRequest, Reply reply) { reply({.body = "x"}); });
  HttpClient client;
  EXPECT_TRUE(client.send({.url = url_of(*server), .timeout = 10s}));
  EXPECT_TRUE(client.send({.url = url_of(*server), .timeout = 20s}));
}

TEST(Cancelling, AStopRequestEndsTheWait) {
  std::promise<void> arrived;
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    arrived.set_value();
    peer.wait_for_close();
    return false;
  });
  HttpClient client;
  std::stop_source stop;
  auto answer = std::async(std::launch::async,
                           [&] { return client.send({.url = server.url()}, stop.get_token()); });
  arrived.get_future().wait();
  stop.request_stop();
  EXPECT_TRUE(base::is_cancelled(answer.get().error()));
}

TEST(Cancelling, AStopBeforeTheStartEndsTheWaitToo) {
  const auto server = silent();
  HttpClient client;
  std::stop_source stop;
  stop.request_stop();
  const auto answer = client.send({.url = server->url()}, stop.get_token());
  ASSERT_FALSE(answer);
  EXPECT_TRUE(base::is_cancelled(answer.error()));
}

TEST(Cancelling, DestroyingTheClientCallsBackOnce) {
  std::promise<void> arrived;
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    arrived.set_value();
    peer.wait_for_close();
    return false;
  });
  std::atomic<int> calls{0};
  std::promise<Outcome> outcome;
  {
    HttpClient client;
    client.async_send({.url = server.url()}, [&](Outcome got) {
      ++calls;
      outcome.set_value(std::move(got));
    });
    arrived.get_future().wait();
  }
  EXPECT_TRUE(base::is_cancelled(outcome.get_future().get().error().error));
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace cresset::net
