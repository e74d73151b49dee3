#include <gmock/gmock.h>

#include <future>
#include <thread>

#include "tests/unit/operator/net/server/server_fixture.h"

namespace cresset::net {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

TEST(Stopping, LetsTheAnswerInFlightFinishAndClosesIdleConnections) {
  std::promise<Reply> handed;
  auto server = started({.drain = 30s},
                        [&](ServerRequest, Reply reply) { handed.set_value(std::move(reply)); });
  RawPeer idle(server->port());
  RawPeer busy(server->port());
  busy.send(kGet);
  Reply reply = handed.get_future().get();
  auto stopping = std::async(std::launch::async, [&] { server->stop(); });
  EXPECT_TRUE(idle.closed_by_server());
  reply({.body = "last words"});
  const std::string answer = busy.read_to_end();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(body_of(answer), "last words");
  stopping.get();
}

TEST(Stopping, GivesUpOnAnswersAfterTheDrain) {
  std::promise<Reply> handed;
  auto server = started({.drain = 20ms},
                        [&](ServerRequest, Reply reply) { handed.set_value(std::move(reply)); });
  RawPeer peer(server->port());
  peer.send(kGet);
  const Reply never = handed.get_future().get();
  server->stop();
  EXPECT_EQ(peer.read_to_end(), "");
}

TEST(Stopping, RefusesNewConnections) {
  auto server = started({});
  const uint16_t port = server->port();
  server->stop();
  RawPeer peer(port);
  EXPECT_FALSE(peer.send(kGet) && !peer.read_answer().empty());
}

TEST(Stopping, TwiceIsFine) {
  auto server = started({.threads = 2});
  server->stop();
  server->stop();
}

TEST(Starting, SaysWhichAddressCannotBeHad) {
  const auto first = started({});
  HttpServer second({.port = first->port()}, echo);
  const auto result = second.start();
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(),
              StartsWith("listening on 127.0.0.1:" + std::to_string(first->port()) + ": "));
  HttpServer third({.address = "nowhere"}, echo);
  EXPECT_THAT(third.start().error().message(), HasSubstr("\"nowhere\""));
}

}  // namespace
}  // namespace cresset::net
