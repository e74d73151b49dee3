#include <future>

#include "tests/unit/operator/net/client/client_fixture.h"

namespace cresset::net {
namespace {

constexpr char kHead[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Kind: stream\r\n\r\n";

bool says_one_and_falls_silent(RawServer::Connection& peer, const std::string&) {
  peer.write(std::string(kHead) + "3\r\none\r\n");
  peer.wait_for_close();
  return false;
}

TEST(Stream, FeedsThePiecesInOrderAndEndsWithTheBody) {
  RawServer server([](RawServer::Connection& peer, const std::string&) {
    return peer.write(kHead) && peer.write("3\r\none\r\n") && peer.write("3\r\ntwo\r\n") &&
           peer.write("0\r\n\r\n");
  });
  HttpClient client;
  std::string got;
  std::thread::id where;
  const auto answer = client.stream({.url = server.url()}, 30s, {}, [&](std::string_view piece) {
    got += piece;
    where = std::this_thread::get_id();
    return true;
  });
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(*find_header(answer->headers, "x-kind"), "stream");
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(got, "onetwo");
  EXPECT_EQ(where, std::this_thread::get_id());
}

TEST(Stream, TellsThatItWasOpenedBeforeTheFirstPiece) {
  std::promise<void> opened;
  auto seen = opened.get_future();
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    if (!peer.write(kHead)) return false;
    seen.wait();
    return peer.write("3\r\none\r\n") && peer.write("0\r\n\r\n");
  });
  HttpClient client;
  std::string got;
  const auto take = [&](std::string_view piece) {
    got += piece;
    return true;
  };
  const auto answer =
      client.stream({.url = server.url()}, 30s, {}, take, [&] { opened.set_value(); });
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(got, "one");
}

TEST(Stream, GivesTheBodyOfAnErrorAnswer) {
  RawServer server([](RawServer::Connection& peer, const std::string&) {
    return peer.write(RawServer::answer(410, "{\"reason\":\"Expired\"}"));
  });
  HttpClient client;
  const auto answer = client.stream({.url = server.url()}, 30s, {}, [](std::string_view) {
    ADD_FAILURE() << "a body that is no stream";
    return true;
  });
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 410);
  EXPECT_EQ(answer->body, "{\"reason\":\"Expired\"}");
}

TEST(Stream, EndsWhenTheConsumerSaysSo) {
  RawServer server(says_one_and_falls_silent);
  HttpClient client;
  const auto answer =
      client.stream({.url = server.url()}, 30s, {}, [](std::string_view) { return false; });
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(*find_header(answer->headers, "x-kind"), "stream");
}

TEST(Stream, ThatIsSilentWhenItsTimeIsOverEndsAsIfTheServerHadEndedIt) {
  RawServer server(says_one_and_falls_silent);
  HttpClient client;
  std::string got;
  const auto answer = client.stream({.url = server.url()}, 30ms, {}, [&](std::string_view piece) {
    got += piece;
    return true;
  });
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(got, "one");
}

TEST(Stream, ThatGoesOnWhenItsTimeIsOverEndsToo) {
  RawServer server([](RawServer::Connection& peer, const std::string&) {
    peer.write(kHead);
    while (peer.write("3\r\none\r\n")) continue;
    return false;
  });
  HttpClient client;
  const auto answer =
      client.stream({.url = server.url()}, 30ms, {}, [](std::string_view) { return true; });
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 200);
}

TEST(Stream, LongerThanTheRequestsTimeoutGoesOnWhileBytesCome) {
  std::promise<void> go_on;
  RawServer server([&](RawServer::Connection& peer, const std::string& request) {
    if (request.starts_with("GET /never ")) {
      peer.wait_for_close();
      return false;
    }
    peer.write(std::string(kHead) + "3\r\none\r\n");
    go_on.get_future().wait();
    return peer.write("3\r\ntwo\r\n0\r\n\r\n");
  });
  HttpClient client;
  std::string got;
  const auto answer =
      client.stream({.url = server.url(), .timeout = 200ms}, 30s, {}, [&](std::string_view piece) {
        got += piece;
        if (got == "one") {
          // Started later with the same timeout, so that the stream's has passed when this returns.
          EXPECT_FALSE(client.send({.url = server.url() + "/never", .timeout = 200ms}));
          go_on.set_value();
        }
        return true;
      });
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(got, "onetwo");
}

TEST(Stream, StopsOnRequest) {
  std::promise<void> arrived;
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    peer.write(kHead);
    arrived.set_value();
    peer.wait_for_close();
    return false;
  });
  HttpClient client;
  std::stop_source stop;
  auto answer = std::async(std::launch::async, [&] {
    return client.stream({.url = server.url()}, 30s, stop.get_token(),
                         [](std::string_view) { return true; });
  });
  arrived.get_future().wait();
  stop.request_stop();
  EXPECT_TRUE(base::is_cancelled(answer.get().error()));
}

TEST(Stream, CutOffIsAnError) {
  RawServer server([](RawServer::Connection& peer, const std::string&) {
    peer.write(std::string(kHead) + "3\r\none\r\n");
    return false;
  });
  HttpClient client;
  const auto answer =
      client.stream({.url = server.url()}, 30s, {}, [](std::string_view) { return true; });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), base::ErrorKind::kUnavailable);
}

TEST(Stream, IsNotBoundByTheLimitOfABody) {
  constexpr size_t kPieces = 256;
  const std::string piece(64 << 10, 'p');
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    peer.write(kHead);
    for (size_t i = 0; i < kPieces; ++i) peer.write("10000\r\n" + piece + "\r\n");
    return peer.write("0\r\n\r\n");
  });
  HttpClient client({.max_body_bytes = 1 << 20});
  size_t got = 0;
  const auto answer = client.stream({.url = server.url()}, 30s, {}, [&](std::string_view bytes) {
    got += bytes.size();
    return true;
  });
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(got, kPieces * piece.size());
}

TEST(Stream, HasAConnectionOfItsOwn) {
  const auto server =
      serving([](ServerRequest request, Reply reply) { reply({.body = request.remote}); });
  HttpClient client;
  const auto pooled = client.send({.url = url_of(*server)})->body;
  std::string own;
  ASSERT_TRUE(client.stream({.url = url_of(*server)}, 30s, {}, [&](std::string_view piece) {
    own += piece;
    return true;
  }));
  EXPECT_NE(own, pooled);
  EXPECT_EQ(client.send({.url = url_of(*server)})->body, pooled);
}

}  // namespace
}  // namespace cresset::net
