// What strangers send on purpose: sizes that are none, bodies in crumbs, lines that others would
// end elsewhere, readers that do not read, and a process without a descriptor left.
#include <gmock/gmock.h>

#include "tests/support/no_descriptors.h"
#include "tests/unit/operator/net/server/server_fixture.h"

namespace cresset::net {
namespace {

using cresset::testing::NoDescriptors;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;

constexpr char kChunked[] = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

void expect_refused(const std::string& request) {
  const auto server = started({}, [](ServerRequest, Reply) { FAIL() << "reached the handler"; });
  RawPeer peer(server->port());
  peer.send(request);
  const std::string answer = peer.read_to_end();
  EXPECT_EQ(status_line(answer), "HTTP/1.1 400 Bad Request") << request;
  EXPECT_THAT(body_of(answer), HasSubstr("broken HTTP request: ")) << request;
}

class ChunkSizes : public ::testing::TestWithParam<std::string> {};

TEST_P(ChunkSizes, ThatAreNoneAreRefusedInTheFirstAndInALaterChunk) {
  const std::string rest = GetParam() + "\r\n0123456789abcdef\r\n0\r\n\r\n";
  expect_refused(kChunked + rest);
  expect_refused(kChunked + std::string("5\r\nhello\r\n") + rest);
}

INSTANTIATE_TEST_SUITE_P(AllKinds, ChunkSizes,
                         ::testing::Values("-1", "-2", "0x10", "0X10", "+5", "", " 5", "5 5", "g",
                                           "10000000000000000"));

TEST(HugeChunks, AreRefusedBeforeAByteOfTheChunkComes) {
  for (const char* size : {"3e9", "ffffffff", "7fffffffffffffff", "ffffffffffffffff"}) {
    const auto server = started({.max_body_bytes = 1000});
    RawPeer peer(server->port());
    peer.send(kChunked + std::string(size) + "\r\n");
    EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 413 ")) << size;
  }
}

std::string crumbs(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes += "1\r\na\r\n";
  return bytes;
}

TEST(TinyChunks, MegabytesOfThemAreABodyLikeAnyOther) {
  constexpr size_t kCount = 700000;
  const auto server = started({}, [](ServerRequest request, Reply reply) {
    reply({.body = std::to_string(request.body.size())});
  });
  RawPeer peer(server->port());
  EXPECT_TRUE(peer.send(kChunked + crumbs(kCount) + "0\r\n\r\n"));
  EXPECT_EQ(body_of(peer.read_answer()), std::to_string(kCount));
}

TEST(TinyChunks, MegabytesOfThemMeetTheLimit) {
  const auto server = started({.max_body_bytes = 1000});
  RawPeer peer(server->port());
  EXPECT_TRUE(peer.send(kChunked + crumbs(700000)));
  EXPECT_THAT(peer.read_answer(), StartsWith("HTTP/1.1 413 "));
}

class Ambiguous : public ::testing::TestWithParam<std::string> {};

TEST_P(Ambiguous, RequestsAreRefused) { expect_refused(GetParam()); }

const std::string kGetHead = "GET / HTTP/1.1\r\nHost: x\r\n";
const std::string kPostHead = "POST / HTTP/1.1\r\nHost: x\r\n";

INSTANTIATE_TEST_SUITE_P(BareLineFeeds, Ambiguous,
                         ::testing::Values("GET / HTTP/1.1\nHost: x\n\n",
                                           "GET / HTTP/1.1\r\nHost: x\n\n",
                                           kGetHead + "A: b\nC: d\r\n\r\n",
                                           kGetHead + "A: b\rC: d\r\n\r\n",
                                           "GET / HTTP/1.1\r\n\nHost: x\r\n\r\n",
                                           kChunked + std::string("3\nabc\r\n0\r\n\r\n"),
                                           kChunked + std::string("3\r\nabc\n0\r\n\r\n"),
                                           kChunked + std::string("3;a\nb\r\nabc\r\n0\r\n\r\n"),
                                           kChunked + std::string("3;a=\"\n\"\r\nabc\r\n0\r\n\r\n"),
                                           kChunked + std::string("0\r\nA: b\nC: d\r\n\r\n")));

INSTANTIATE_TEST_SUITE_P(
    FoldedHeaders, Ambiguous,
    ::testing::Values("GET / HTTP/1.1\r\n Host: x\r\n\r\n",
                      "GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", kGetHead + "A: b\r\n c\r\n\r\n",
                      kGetHead + "A: b\r\n\tc\r\n\r\n", kGetHead + "A:\r\n b\r\n\r\n",
                      kGetHead + "A: b\r\n \r\n\r\n",
                      kPostHead + "Content-Length:\r\n 3\r\n\r\nabc",
                      kPostHead + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
                      kChunked + std::string("0\r\nA: b\r\n c\r\n\r\n")));

INSTANTIATE_TEST_SUITE_P(
    LengthsAndEncodings, Ambiguous,
    ::testing::Values(
        kPostHead + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        kPostHead + "Content-Length: 3, 4\r\n\r\nabcd", kPostHead + "Content-Length: 3,\r\n\r\nabc",
        kPostHead + "Content-Length: +3\r\n\r\nabc", kPostHead + "Content-Length: 0x3\r\n\r\nabc",
        kPostHead + "Content-Length: 3 3\r\n\r\nabc", kPostHead + "Content-Length:\r\n\r\nabc",
        kPostHead + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        kPostHead + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        kPostHead + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        kPostHead + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        kPostHead + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
        kPostHead + "Transfer-Encoding: \x0b" + "chunked\r\n\r\n0\r\n\r\n",
        kPostHead + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        kPostHead + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        kPostHead + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"));

TEST(Headers, MayHaveSpaceAroundTheirValues) {
  const auto server = started({}, [](ServerRequest request, Reply reply) {
    reply(
        {.body = "[" + std::string(request.header("a")) + std::string(request.header("b")) + "]"});
  });
  RawPeer peer(server->port());
  peer.send(kGetHead + "A: \t x y \t\r\nB:\r\n\r\n");
  EXPECT_EQ(body_of(peer.read_answer()), "[x y]");
}

// Whoever reads nothing of an answer, or a byte now and then, holds a connection until its time is
// over and no longer.
class SlowReader : public ::testing::TestWithParam<size_t> {};

TEST_P(SlowReader, IsCutOffAndItsPlaceGivenToTheNext) {
  const std::string large(64 << 20, 'a');
  const auto server = started({.max_connections = 1, .idle_timeout = 300ms},
                              [&](ServerRequest, Reply reply) { reply({.body = large}); });
  RawPeer slow(server->port());
  slow.send(kGetHead + "\r\n");
  const auto end = std::chrono::steady_clock::now() + 60s;
  for (bool is_free = false; !is_free;) {
    ASSERT_LT(std::chrono::steady_clock::now(), end);
    slow.take(GetParam());
    RawPeer next(server->port());
    next.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    is_free = status_line(next.read_answer(true)) == "HTTP/1.1 200 OK";
  }
  EXPECT_LT(slow.read_to_end().size(), large.size());
}

INSTANTIATE_TEST_SUITE_P(Bytes, SlowReader, ::testing::Values(0, 1));

// What is measured is time, so this test lets some pass.
TEST(WithoutDescriptors, TheServerDoesNotSpinAndGoesOnWhenThereAreSome) {
  const auto server = started({});
  NoDescriptors none;
  none.give_back_one();
  RawPeer peer(server->port());  // has it, so there is none for the server's side
  EXPECT_LT(none.cpu_seconds_of(1000ms), 0.2);
  none.give_back_all();
  peer.send("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(body_of(peer.read_answer()), "GET /late? ");
}

}  // namespace
}  // namespace cresset::net
