#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <latch>
#include <optional>
#include <semaphore>

#include "operator/net/client/connection.h"
#include "tests/unit/operator/net/client/client_fixture.h"

namespace cresset::net {
namespace {

// Answers with the client's port, so that a test sees which connection was used.
void tell_port(ServerRequest request, Reply reply) { reply({.body = request.remote}); }

int option_of(Connection& connection, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  ::getsockopt(connection.transport().socket().native_handle(), level, name, &value, &size);
  return value;
}

TEST(Connections, AreKeptAlive) {
  const auto server = serving(tell_port);
  HttpClient client;
  const auto first = client.send({.url = url_of(*server)});
  const auto second = client.send({.method = "POST", .url = url_of(*server), .body = "x"});
  EXPECT_EQ(first->body, second->body);
}

TEST(Connections, AreNotSharedBetweenOrigins) {
  const auto one = serving(tell_port);
  const auto other = serving(tell_port);
  HttpClient client;
  const auto first = client.send({.url = url_of(*one)});
  const auto second = client.send({.url = url_of(*other)});
  EXPECT_NE(first->body, second->body);
  EXPECT_EQ(client.send({.url = url_of(*one)})->body, first->body);
}

TEST(Connections, BeyondTheLimitAreNotKept) {
  std::mutex mutex;
  std::vector<Reply> waiting;
  std::condition_variable arrived;
  const auto server = serving([&](ServerRequest request, Reply reply) {
    if (request.path != "/wait") return reply({.body = request.remote});
    std::lock_guard lock(mutex);
    waiting.push_back(std::move(reply));
    arrived.notify_one();
  });
  HttpClient client({.max_idle_per_origin = 1});
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < 3; ++i)
    outcomes.push_back(std::async(std::launch::async, [&] {
      return send_and_wait(client, {.url = url_of(*server) + "/wait"});
    }));
  {
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return waiting.size() == 3; });
    for (auto& reply : waiting) reply({.body = "done"});
  }
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get());
  const auto kept = client.send({.url = url_of(*server)});
  EXPECT_EQ(client.send({.url = url_of(*server)})->body, kept->body);
}

TEST(Connections, IdleTooLongAreClosed) {
  std::promise<void> closed;
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    peer.write(RawServer::answer(200, "{}"));
    peer.wait_for_close();
    closed.set_value();
    return false;
  });
  HttpClient client({.idle_timeout = 20ms});
  EXPECT_TRUE(client.send({.url = server.url()}));
  EXPECT_EQ(closed.get_future().wait_for(30s), std::future_status::ready);
}

TEST(Connections, OfABurstAreClosedSoonButForAFew) {
  constexpr int kBurst = 6, kSpare = 2;
  std::latch all(kBurst);
  std::counting_semaphore<kBurst> closed(0);
  std::atomic<int> open = 0;
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    all.arrive_and_wait();
    ++open;
    peer.write(RawServer::answer(200, "{}"));
    peer.wait_for_close();
    --open;
    closed.release();
    return false;
  });
  HttpClient client({.spare_per_origin = kSpare, .surplus_timeout = 20ms});
  std::vector<std::future<Outcome>> outcomes;
  for (int i = 0; i < kBurst; ++i)
    outcomes.push_back(std::async(std::launch::async,
                                  [&] { return send_and_wait(client, {.url = server.url()}); }));
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.get());
  for (int i = 0; i < kBurst - kSpare; ++i) ASSERT_TRUE(closed.try_acquire_for(30s));
  EXPECT_EQ(open, kSpare);
}

TEST(Connections, ThatTheServerClosedAreNotUsedAgain) {
  std::atomic<int> served{0};
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    peer.write(RawServer::answer(200, "{}"));
    return ++served > 1;  // the first connection closes without having said so
  });
  HttpClient client;
  EXPECT_TRUE(client.send({.url = server.url()}));
  const auto again = client.send({.url = server.url()});
  EXPECT_TRUE(again) << again.error().message();
}

TEST(Connections, ThatBreakUnderAReadAreReopenedOnce) {
  std::atomic<int> requests{0};
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    if (++requests == 2) return false;  // reads the second request of the connection, then closes
    return peer.write(RawServer::answer(200, "{}"));
  });
  HttpClient client;
  EXPECT_TRUE(client.send({.url = server.url()}));
  const auto again = client.send({.url = server.url()});
  EXPECT_TRUE(again) << again.error().message();
  EXPECT_EQ(requests, 3);
}

class Writes : public ::testing::TestWithParam<const char*> {};

TEST_P(Writes, WhoseConnectionBreaksAreNotSentAgainButAreAnErrorThatSaysSomethingWasSent) {
  std::atomic<int> requests{0};
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    if (++requests == 2) return false;
    return peer.write(RawServer::answer(200, "{}"));
  });
  HttpClient client;
  EXPECT_TRUE(client.send({.url = server.url()}));
  const auto outcome =
      send_and_wait(client, {.method = GetParam(), .url = server.url(), .body = "x"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().error.kind(), base::ErrorKind::kUnavailable);
  EXPECT_FALSE(outcome.error().nothing_was_sent);
  EXPECT_EQ(requests, 2);
}

INSTANTIATE_TEST_SUITE_P(OfEachMethod, Writes, ::testing::Values("POST", "PUT", "PATCH", "DELETE"),
                         [](const auto& method) { return std::string(method.param); });

TEST(Connections, FreshOnesThatBreakAreNotReopened) {
  std::atomic<int> requests{0};
  RawServer server([&](RawServer::Connection&, const std::string&) {
    ++requests;
    return false;
  });
  HttpClient client;
  EXPECT_FALSE(client.send({.url = server.url()}));
  EXPECT_EQ(requests, 1);
}

TEST(Connections, WhosePeerWentWithoutAWordAreGivenUpByTheSystemAfterAMinute) {
  const auto server = serving(tell_port);
  boost::asio::io_context context;
  Connection connection(
      context, Origin{.tls = false, .host = "127.0.0.1", .port = std::to_string(server->port())});
  std::optional<boost::system::error_code> opened;
  connection.open(nullptr, "", false, [&](boost::system::error_code error) { opened = error; });
  context.run();
  ASSERT_TRUE(opened.has_value());
  ASSERT_FALSE(*opened) << opened->message();
  EXPECT_EQ(option_of(connection, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option_of(connection, IPPROTO_TCP, TCP_KEEPIDLE), 30);
  EXPECT_EQ(option_of(connection, IPPROTO_TCP, TCP_KEEPINTVL), 10);
  EXPECT_EQ(option_of(connection, IPPROTO_TCP, TCP_KEEPCNT), 3);
}

TEST(Connections, RefusedOnesSentNothing) {
  HttpClient client;
  const auto outcome = send_and_wait(client, {.method = "POST", .url = dead_url(), .body = "x"});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().error.kind(), base::ErrorKind::kUnavailable);
  EXPECT_TRUE(outcome.error().nothing_was_sent);
  EXPECT_THAT(outcome.error().error.message(), HasSubstr("connecting to 127.0.0.1:"));
  EXPECT_THAT(outcome.error().error.message(), HasSubstr("Connection refused"));
}

TEST(Connections, ToAnUnknownNameSayTheName) {
  HttpClient client;
  const auto answer = client.send({.url = "http://no-such-host.invalid:80"});
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().message(), HasSubstr("resolving no-such-host.invalid:80"));
}

}  // namespace
}  // namespace cresset::net
