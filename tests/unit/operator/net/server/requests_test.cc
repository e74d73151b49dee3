#include <gmock/gmock.h>

#include "tests/unit/operator/net/server/server_fixture.h"

namespace cresset::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Requests, AConnectionServesManyRequests) {
  const auto server = started({});
  RawPeer peer(server->port());
  for (const std::string name : {"/a", "/b", "/c"}) {
    peer.send("GET " + name + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(body_of(peer.read_answer()), "GET " + name + "? ");
  }
}

TEST(Requests, PipelinedRequestsAreAnsweredInOrder) {
  const auto server = started({});
  RawPeer peer(server->port());
  std::string burst;
  for (int i = 0; i < 50; ++i)
    burst += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
  peer.send(burst);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(body_of(peer.read_answer()), "POST /" + std::to_string(i) + "? hi");
}

TEST(Requests, AChunkedBodyMayBeSplitAnywhere) {
  const auto server = started({});
  const std::string bytes =
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;ext=\"a\"\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: late\r\n\r\n";
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    RawPeer peer(server->port());
    peer.send(bytes.substr(0, cut));
    peer.send(bytes.substr(cut));
    ASSERT_EQ(body_of(peer.read_answer()), "POST /c? hello world") << "cut at " << cut;
  }
}

TEST(Requests, AChunkedBodyMayComeByteByByte) {
  const auto server = started({});
  RawPeer peer(server->port());
  for (const char byte :
       std::string("POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "2\r\nhi\r\n0\r\n\r\n"
                   "POST /d HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "0\r\n\r\n"))
    peer.send(std::string_view(&byte, 1));
  EXPECT_EQ(body_of(peer.read_answer()), "POST /c? hi");
  EXPECT_EQ(body_of(peer.read_answer()), "POST /d? ");
}

TEST(Requests, BytesThatComeOneByOneMakeARequest) {
  const auto server = started({});
  RawPeer peer(server->port());
  for (const char byte : std::string("PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"))
    peer.send(std::string_view(&byte, 1));
  EXPECT_EQ(body_of(peer.read_answer()), "PUT /x? abc");
}

TEST(Requests, ATrailerIsNoHeader) {
  const auto server = started({}, [](ServerRequest request, Reply reply) {
    reply({.body = std::string(request.header("x-secret"))});
  });
  RawPeer peer(server->port());
  peer.send(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Secret: a\r\n\r\n");
  EXPECT_EQ(body_of(peer.read_answer()), "");
}

TEST(Requests, ExpectContinueIsAnsweredBeforeTheBodyIsSent) {
  const auto server = started({});
  RawPeer peer(server->port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.read_answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("body");
  EXPECT_EQ(body_of(peer.read_answer()), "POST /? body");
}

TEST(Requests, NoContinueIsSentWhenTheBodyCameAlong) {
  const auto server = started({});
  RawPeer peer(server->port());
  peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi");
  EXPECT_EQ(body_of(peer.read_answer()), "POST /? hi");
}

TEST(Requests, HeadHasTheLengthOfGetAndNoBody) {
  const auto server = started({});
  RawPeer peer(server->port());
  peer.send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(peer.read_answer(true), HasSubstr("Content-Length: 9\r\n"));
  peer.send("GET /g HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(body_of(peer.read_answer()), "GET /g? ");
}

TEST(Requests, AnHttp10ConnectionClosesUnlessItAsksToStay) {
  const auto server = started({});
  RawPeer brief(server->port());
  brief.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(brief.read_to_end(), HasSubstr("Connection: close\r\n"));
  RawPeer staying(server->port());
  staying.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(staying.read_answer(), HasSubstr("Connection: keep-alive\r\n"));
}

TEST(Requests, ConnectionCloseIsObeyed) {
  const auto server = started({});
  RawPeer peer(server->port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(peer.read_answer(), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(peer.closed_by_server());
}

TEST(Requests, AClientThatOnlyStoppedSendingStillGetsItsAnswer) {
  const auto server = started({});
  RawPeer peer(server->port());
  peer.send("GET /half HTTP/1.1\r\nHost: x\r\n\r\n");
  peer.finish_sending();
  EXPECT_THAT(peer.read_to_end(), HasSubstr("GET /half? "));
}

TEST(Requests, ThePathIsDecodedAndTheQueryIsNot) {
  const auto server = started({}, [](ServerRequest request, Reply reply) {
    reply({.body = request.path + "|" + request.query + "|" + request.parameter("after") + "|" +
                   request.parameter("none")});
  });
  RawPeer peer(server->port());
  peer.send("GET /a%20b?x=1&after=7%2B1&y HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(body_of(peer.read_answer()), "/a b|x=1&after=7%2B1&y|7+1|");
}

TEST(Requests, AnAbsoluteTargetIsReducedToItsPath) {
  const auto server = started({});
  RawPeer peer(server->port());
  peer.send("GET http://x/p?q=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(body_of(peer.read_answer()), "GET /p?q=1 ");
}

TEST(Requests, HeadersAreFoundWithoutRegardToCase) {
  const auto server = started({}, [](ServerRequest request, Reply reply) {
    reply({.body = std::string(request.header("AUTHORIZATION")) + "," +
                   std::string(request.header("absent"))});
  });
  RawPeer peer(server->port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\nauthorization: Bearer t\r\n\r\n");
  EXPECT_EQ(body_of(peer.read_answer()), "Bearer t,");
}

class Broken : public ::testing::TestWithParam<std::string> {};

TEST_P(Broken, RequestsAreAnswered400AndClosed) {
  const auto server = started({}, [](ServerRequest, Reply) { FAIL() << "reached the handler"; });
  RawPeer peer(server->port());
  peer.send(GetParam());
  const std::string answer = peer.read_to_end();
  EXPECT_EQ(status_line(answer), "HTTP/1.1 400 Bad Request");
  EXPECT_THAT(body_of(answer), HasSubstr("{\"error\":\"broken HTTP request: "));
}

INSTANTIATE_TEST_SUITE_P(
    AllKinds, Broken,
    ::testing::Values(
        "nonsense\r\n\r\n", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nBad\x01Name: 1\r\n\r\n",
        "GET nothing HTTP/1.1\r\nHost: x\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
        "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\nContent-Length: 1\r\n\r\na"));

TEST(Requests, TheServerGoesOnAfterABrokenOne) {
  const auto server = started({});
  RawPeer broken(server->port());
  broken.send("\x16\x03\x01 not http");
  broken.finish_sending();
  broken.read_to_end();
  RawPeer peer(server->port());
  peer.send("GET /ok HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(body_of(peer.read_answer()), "GET /ok? ");
}

}  // namespace
}  // namespace cresset::net
