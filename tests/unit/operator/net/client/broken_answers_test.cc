#include "tests/unit/operator/net/client/client_fixture.h"

namespace cresset::net {
namespace {

// A server that answers everything with these bytes and then closes.
std::unique_ptr<RawServer> saying(std::string bytes) {
  return std::make_unique<RawServer>([bytes](RawServer::Connection& peer, const std::string&) {
    peer.write(bytes);
    return false;
  });
}

TEST(Answers, ChunkedMayBeSplitAnywhere) {
  const std::string bytes =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n1;x=y\r\n \r\n5\r\nworld\r\n0\r\nX-Trailer: 1\r\n\r\n";
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    RawServer server([&](RawServer::Connection& peer, const std::string&) {
      peer.write(bytes.substr(0, cut));
      return peer.write(bytes.substr(cut));
    });
    HttpClient client;
    const auto answer = client.send({.url = server.url()});
    ASSERT_TRUE(answer) << "cut at " << cut << ": " << answer.error().message();
    EXPECT_EQ(answer->body, "hello world");
    EXPECT_EQ(find_header(answer->headers, "x-trailer"), nullptr);
  }
}

TEST(Answers, WithoutALengthEndWithTheConnection) {
  const auto server = saying("HTTP/1.1 200 OK\r\n\r\nall of it");
  HttpClient client;
  EXPECT_EQ(client.send({.url = server->url()})->body, "all of it");
}

TEST(Answers, InterimOnesArePassedOver) {
  const auto server = saying(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  HttpClient client;
  const auto answer = client.send({.url = server->url()});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->body, "hi");
  EXPECT_EQ(find_header(answer->headers, "link"), nullptr);
}

TEST(Answers, EndlessInterimOnesAreAnError) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += "HTTP/1.1 100 Continue\r\n\r\n";
  const auto server = saying(bytes);
  HttpClient client;
  EXPECT_FALSE(client.send({.url = server->url()}));
}

TEST(Answers, CutShortAreAnError) {
  for (const std::string& bytes : std::vector<std::string>{
           "", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Le",
           "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    const auto server = saying(bytes);
    HttpClient client;
    const auto answer = client.send({.url = server->url()});
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().kind(), base::ErrorKind::kUnavailable);
    EXPECT_THAT(answer.error().message(), HasSubstr("the connection was closed"));
  }
}

TEST(Answers, ThatAreNoHttpAreAnError) {
  for (const std::string& bytes : std::vector<std::string>{
           "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 999999 No\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na"}) {
    const auto server = saying(bytes);
    HttpClient client;
    const auto answer = client.send({.url = server->url()});
    ASSERT_FALSE(answer) << bytes;
    EXPECT_EQ(answer.error().kind(), base::ErrorKind::kUnavailable) << bytes;
  }
}

TEST(Answers, OverTheLimitOfTheBodyNameTheLimit) {
  for (const std::string& bytes : std::vector<std::string>{
           "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'a'),
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'a'),
           "HTTP/1.1 200 OK\r\n\r\n" + std::string(101, 'a'),
           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" +
               std::string(101, 'a')}) {
    const auto server = saying(bytes);
    HttpClient client({.max_body_bytes = 100});
    const auto answer = client.send({.url = server->url()});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind(), base::ErrorKind::kTooLarge);
    EXPECT_THAT(answer.error().message(), HasSubstr("over the limit of 100 bytes"));
  }
}

TEST(Answers, ALengthBeyondAllMemoryIsTooLargeToo) {
  const auto server = saying("HTTP/1.1 200 OK\r\nContent-Length: 1024819115206086199\r\n\r\nhello");
  HttpClient client;
  const auto answer = client.send({.url = server->url()});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), base::ErrorKind::kTooLarge);
}

TEST(Answers, OverTheLimitOfTheHeadersNameTheLimit) {
  const auto server = saying("HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'a') + "\r\n\r\n");
  HttpClient client({.max_header_bytes = 1000});
  const auto answer = client.send({.url = server->url()});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind(), base::ErrorKind::kTooLarge);
  EXPECT_THAT(answer.error().message(), HasSubstr("over the limit of 1000 bytes"));
}

TEST(Answers, WithBytesBehindThemDoNotPoisonTheNextRequest) {
  std::atomic<int> requests{0};
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    const std::string more = ++requests == 1 ? RawServer::answer(200, "\"smuggled\"") : "";
    return peer.write(RawServer::answer(200, "\"asked\"") + more);
  });
  HttpClient client;
  EXPECT_EQ(client.send({.url = server.url()})->body, "\"asked\"");
  EXPECT_EQ(client.send({.url = server.url()})->body, "\"asked\"");
}

TEST(Answers, ThatComeBeforeTheRequestWasSentWholeAreTaken) {
  RawServer server([&](RawServer::Connection& peer, const std::string&) {
    return peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  const auto refusing =
      serving([](ServerRequest, Reply reply) { reply({}); }, {.max_body_bytes = 10});
  HttpClient client;
  const auto answer =
      client.send({.method = "POST", .url = url_of(*refusing), .body = std::string(8 << 20, 'a')});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 413);
}

}  // namespace
}  // namespace cresset::net
