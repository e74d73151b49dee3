#include <gmock/gmock.h>

#include "tests/unit/operator/net/server/server_fixture.h"

namespace cresset::net {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

TEST(Limits, ABodyOverTheLimitIsRefusedWithTheLimit) {
  const auto server = started({.max_body_bytes = 1000});
  RawPeer peer(server->port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'a'));
  const std::string answer = peer.read_to_end();
  EXPECT_EQ(status_line(answer), "HTTP/1.1 413 Payload Too Large");
  EXPECT_EQ(body_of(answer),
            "{\"error\":\"the body of the request is over the limit of 1000 bytes\"}");
}

TEST(Limits, ALengthBeyondAllMemoryIsRefusedToo) {
  const auto server = started({});
  for (const char* length : {"1024819115206086199", "18446744073709551615"}) {
    RawPeer peer(server->port());
    peer.send(std::string("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ") + length +
              "\r\n\r\nhello");
    EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 413 ")) << length;
  }
}

TEST(Limits, ALimitMayDependOnTheRequestAndTheAnswerSaysWhoseItIs) {
  const auto server =
      started({.max_body_bytes = 1000, .body_limit_of = [](const auto& head) {
                 return head.path == "/small" ? BodyLimit{10, "/small's own"} : BodyLimit{2000, ""};
               }});
  const auto answer = [&](const std::string& path, size_t size, bool chunked) {
    RawPeer peer(server->port());
    const std::string body(size, 'a');
    const std::string hex = std::to_string(size / 256) + "00";  // for these sizes
    peer.send("POST " + path + " HTTP/1.1\r\nHost: x\r\n" +
              (chunked
                   ? "Transfer-Encoding: chunked\r\n\r\n" + hex + "\r\n" + body + "\r\n0\r\n\r\n"
                   : "Content-Length: " + std::to_string(size) + "\r\n\r\n" + body));
    return peer.read_answer();
  };
  for (const bool chunked : {false, true}) {
    EXPECT_THAT(answer("/large", 1536, chunked), StartsWith("HTTP/1.1 200 ")) << chunked;
    EXPECT_THAT(answer("/large", 2304, chunked), StartsWith("HTTP/1.1 413 ")) << chunked;
    const std::string refused = answer("/small", 256, chunked);
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 413 ")) << chunked;
    EXPECT_EQ(body_of(refused),
              "{\"error\":\"the body of the request is over the limit of 10 bytes, which is "
              "/small's own\"}");
  }
}

TEST(Limits, ABodyOfExactlyTheLimitPasses) {
  const auto server = started({.max_body_bytes = 1000});
  RawPeer peer(server->port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'a'));
  EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 200 OK"));
}

TEST(Limits, AChunkedBodyIsCountedAsItComes) {
  const auto server = started({.max_body_bytes = 1000});
  RawPeer peer(server->port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 3; ++i) peer.send("190\r\n" + std::string(400, 'a') + "\r\n");
  EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 413 "));
}

TEST(Limits, ABodyOverTheLimitIsRefusedBeforeItIsAskedFor) {
  const auto server = started({.max_body_bytes = 10});
  RawPeer peer(server->port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 413 "));
}

TEST(Limits, TheAnswerOfARefusalSurvivesTheRestOfALargeBody) {
  const auto server = started({.max_body_bytes = 10});
  RawPeer peer(server->port());
  const std::string body(8 << 20, 'a');
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n");
  EXPECT_TRUE(peer.send(body));
  EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 413 "));
}

TEST(Limits, HeadersOverTheLimitAreRefusedWithTheLimit) {
  const auto server = started({.max_header_bytes = 2000});
  RawPeer peer(server->port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(4000, 'a') + "\r\n\r\n");
  const std::string answer = peer.read_answer();
  EXPECT_EQ(status_line(answer), "HTTP/1.1 431 Request Header Fields Too Large");
  EXPECT_THAT(answer, HasSubstr("over the limit of 2000 bytes"));
}

TEST(Limits, AnEndlessChunkExtensionIsRefused) {
  const auto server = started({.max_header_bytes = 2000});
  RawPeer peer(server->port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;a=" +
            std::string(100000, 'b'));
  EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 431 "));
}

TEST(Limits, ASlowHeaderIsAnswered408) {
  const auto server = started({.header_timeout = 50ms});
  RawPeer peer(server->port());
  peer.send("GET / HTTP/1.1\r\nHo");
  const std::string answer = peer.read_answer();
  EXPECT_EQ(status_line(answer), "HTTP/1.1 408 Request Timeout");
  EXPECT_THAT(answer, HasSubstr("within 50 ms"));
}

TEST(Limits, ASlowBodyIsAnswered408) {
  const auto server = started({.header_timeout = 50ms});
  RawPeer peer(server->port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
  EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 408 "));
}

TEST(Limits, AnIdleConnectionIsClosedWithoutAWord) {
  const auto server = started({.idle_timeout = 50ms});
  RawPeer peer(server->port());
  EXPECT_TRUE(peer.closed_by_server());
}

TEST(Limits, AConnectionOverTheLimitIsTurnedAwayAndTheNextOneServed) {
  const auto server = started({.max_connections = 1});
  auto first = std::make_unique<RawPeer>(server->port());
  first->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(first->read_answer(), StartsWith("HTTP/1.1 200 "));
  RawPeer second(server->port());
  const std::string refused = second.read_answer();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("too many connections"));
  first->send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(first->read_to_end(), StartsWith("HTTP/1.1 200 "));
  RawPeer third(server->port());
  third.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(third.read_answer(), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace cresset::net
