#include "tests/unit/operator/net/client/client_fixture.h"

namespace cresset::net {
namespace {

void echo(ServerRequest request, Reply reply) {
  reply({.status = 200,
         .content_type = "x/echo",
         .body = request.method + " " + request.target + " " + request.body,
         .headers = {{"X-Seen", std::string(request.header("x-sent"))}}});
}

TEST(HttpClient, SendsMethodPathHeadersAndBody) {
  const auto server = serving(echo);
  HttpClient client;
  const auto answer = client.send({.method = "POST",
                                   .url = url_of(*server) + "/p?q=1",
                                   .headers = {{"X-Sent", "yes"}},
                                   .body = "hello"});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "POST /p?q=1 hello");
  EXPECT_EQ(*find_header(answer->headers, "x-seen"), "yes");
  EXPECT_EQ(*find_header(answer->headers, "CONTENT-TYPE"), "x/echo");
  EXPECT_EQ(find_header(answer->headers, "absent"), nullptr);
}

TEST(HttpClient, TakesEveryStatusForAnAnswer) {
  const auto server = serving([](ServerRequest request, Reply reply) {
    reply({.status = std::stoi(request.path.substr(1)), .headers = {{"Location", "/elsewhere"}}});
  });
  HttpClient client;
  for (const int status : {200, 201, 204, 302, 304, 404, 500, 503}) {
    const auto answer = client.send({.url = url_of(*server) + "/" + std::to_string(status)});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status, status);
  }
}

TEST(HttpClient, UnderstandsHead) {
  const auto server = serving(echo);
  HttpClient client;
  for (int i = 0; i < 2; ++i) {
    const auto answer = client.send({.method = "HEAD", .url = url_of(*server) + "/h"});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(*find_header(answer->headers, "content-length"), "8");
    EXPECT_EQ(answer->body, "");
  }
}

TEST(HttpClient, ResolvesNames) {
  const auto server = serving(echo);
  HttpClient client;
  const auto answer = client.send({.url = "http://localhost:" + std::to_string(server->port())});
  EXPECT_TRUE(answer) << answer.error().message();
}

TEST(HttpClient, CarriesLargeBodiesBothWays) {
  const auto server = serving(echo, {.max_body_bytes = 64 << 20});
  HttpClient client;
  const std::string body(16 << 20, 'b');
  const auto answer = client.send({.method = "POST", .url = url_of(*server), .body = body});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_TRUE(answer->body == "POST / " + body);
}

TEST(HttpClient, RefusesWhatIsNoRequest) {
  HttpClient client;
  EXPECT_TRUE(base::is_invalid(client.send({.url = "nonsense"}).error()));
  const auto outcome = send_and_wait(client, {.url = "http://a", .headers = {{"a", "b\nc"}}});
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(base::is_invalid(outcome.error().error));
  EXPECT_TRUE(outcome.error().nothing_was_sent);
}

TEST(HttpClient, NamesWhatIsWrongWithItsTlsSettings) {
  HttpClient no_ca({.tls = {.ca_pem = "not PEM"}});
  EXPECT_THAT(no_ca.send({.url = "https://127.0.0.1:1"}).error().message(),
              HasSubstr("the CA bundle must hold certificates as PEM"));
  HttpClient half({.tls = {.certificate_pem = "something"}});
  EXPECT_THAT(half.send({.url = "https://127.0.0.1:1"}).error().message(),
              HasSubstr("only the certificate was given"));
}

TEST(HttpClient, ManyCallsFromManyThreadsAreAllAnswered) {
  const auto server = serving(echo, {.threads = 2});
  HttpClient client;
  std::atomic<int> good{0};
  std::vector<std::jthread> callers;
  for (int c = 0; c < 8; ++c)
    callers.emplace_back([&, c] {
      for (int i = 0; i < 50; ++i) {
        const std::string path = "/" + std::to_string(c) + "/" + std::to_string(i);
        const auto answer = client.send({.url = url_of(*server) + path});
        if (answer && answer->body == "GET " + path + " ") ++good;
      }
    });
  callers.clear();
  EXPECT_EQ(good, 400);
}

TEST(HttpClient, ABlockingCallFromACallbackIsRefusedInsteadOfHanging) {
  const auto server = serving(echo);
  HttpClient client;
  std::promise<std::string> said;
  client.async_send({.url = url_of(*server)}, [&](Outcome) {
    said.set_value(client.send({.url = url_of(*server)}).error().message());
  });
  EXPECT_THAT(said.get_future().get(), HasSubstr("own I/O thread"));
}

TEST(HttpClient, ACallbackMaySendAgain) {
  const auto server = serving(echo);
  HttpClient client;
  std::promise<Outcome> second;
  client.async_send({.url = url_of(*server)}, [&](Outcome) {
    client.async_send({.url = url_of(*server) + "/2"},
                      [&](Outcome outcome) { second.set_value(std::move(outcome)); });
  });
  EXPECT_EQ(second.get_future().get()->body, "GET /2 ");
}

}  // namespace
}  // namespace cresset::net
