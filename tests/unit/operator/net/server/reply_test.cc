#include <gmock/gmock.h>

#include <future>
#include <stdexcept>
#include <thread>

#include "tests/unit/operator/net/server/server_fixture.h"

namespace cresset::net {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Replies, MayComeFromAnotherThreadLater) {
  std::promise<Reply> handed;
  const auto server =
      started({}, [&](ServerRequest, Reply reply) { handed.set_value(std::move(reply)); });
  RawPeer peer(server->port());
  peer.send(kGet);
  Reply reply = handed.get_future().get();
  std::jthread([&] { reply({.body = "from afar"}); }).join();
  EXPECT_EQ(body_of(peer.read_answer()), "from afar");
}

TEST(Replies, ADroppedOneAnswers500) {
  const auto server = started({}, [](ServerRequest, Reply) {});
  RawPeer peer(server->port());
  peer.send(kGet);
  EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 500 "));
}

TEST(Replies, AHandlerThatThrowsAnswers500) {
  const auto server = started({}, [](ServerRequest, Reply) { throw std::runtime_error("no"); });
  RawPeer peer(server->port());
  peer.send(kGet);
  EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 500 "));
}

TEST(Replies, OneThatIsOverwrittenAnswers500) {
  std::promise<Reply> handed;
  const auto server =
      started({}, [&](ServerRequest, Reply reply) { handed.set_value(std::move(reply)); });
  RawPeer peer(server->port());
  peer.send(kGet);
  Reply reply = handed.get_future().get();
  reply = Reply(nullptr);
  EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 500 "));
}

TEST(Replies, KnowWhenTheClientLeft) {
  std::promise<Reply> handed;
  const auto server =
      started({}, [&](ServerRequest, Reply reply) { handed.set_value(std::move(reply)); });
  auto peer = std::make_unique<RawPeer>(server->port());
  peer->send(kGet);
  Reply reply = handed.get_future().get();
  EXPECT_FALSE(reply.gone());
  peer.reset();
  while (!reply.gone()) std::this_thread::yield();
  reply({.body = "nobody reads this"});
}

TEST(Replies, OutliveTheServer) {
  std::promise<Reply> handed;
  auto server = started({.drain = std::chrono::milliseconds(1)},
                        [&](ServerRequest, Reply reply) { handed.set_value(std::move(reply)); });
  RawPeer peer(server->port());
  peer.send(kGet);
  Reply reply = handed.get_future().get();
  server.reset();
  EXPECT_TRUE(reply.gone());
  reply({.body = "too late"});
  EXPECT_EQ(peer.read_to_end(), "");
}

TEST(Replies, ALargeBodyArrivesWhole) {
  const std::string large(20 << 20, 'z');
  const auto server = started({}, [&](ServerRequest, Reply reply) { reply({.body = large}); });
  RawPeer peer(server->port());
  peer.send(kGet);
  EXPECT_TRUE(body_of(peer.read_answer()) == large);
}

TEST(Replies, ManyConnectionsOnSeveralThreadsAreAllAnswered) {
  const auto server = started({.threads = 3});
  std::vector<std::jthread> clients;
  std::atomic<int> good{0};
  for (int c = 0; c < 8; ++c)
    clients.emplace_back([&] {
      RawPeer peer(server->port());
      for (int i = 0; i < 100; ++i) {
        peer.send(kGet);
        if (body_of(peer.read_answer()) == "GET /? ") ++good;
      }
    });
  clients.clear();
  EXPECT_EQ(good, 800);
}

}  // namespace
}  // namespace cresset::net
