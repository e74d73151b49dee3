#include "operator/net/client/loop.h"

#include <future>

#include "tests/unit/operator/net/client/client_fixture.h"

namespace cresset::net {
namespace {

TEST(Loop, RunsWorkOnItsOwnThread) {
  Loop loop;
  EXPECT_FALSE(loop.is_current());
  std::promise<bool> current;
  EXPECT_TRUE(loop.post([&] { current.set_value(loop.is_current()); }));
  EXPECT_TRUE(current.get_future().get());
}

TEST(Loop, RunAndWaitReturnsWhenTheWorkRan) {
  Loop loop;
  bool ran = false;
  loop.run_and_wait([&] { loop.run_and_wait([&] { ran = true; }); });
  EXPECT_TRUE(ran);
}

TEST(Loop, RefusesWorkOnceStopped) {
  Loop loop;
  loop.stop();
  EXPECT_FALSE(loop.post([] { FAIL(); }));
  bool ran = false;
  loop.run_and_wait([&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(Loop, CarriesServerAndClientTogether) {
  const auto loop = std::make_shared<Loop>();
  auto backend = serving([](ServerRequest request, Reply reply) { reply({.body = request.path}); });
  auto client = std::make_unique<HttpClient>(ClientOptions{}, std::vector{loop});
  HttpServer front(
      {},
      [&](ServerRequest request, Reply reply) {
        EXPECT_TRUE(loop->is_current());
        auto held = std::make_shared<Reply>(std::move(reply));
        client->async_send({.url = url_of(*backend) + request.target}, [&, held](Outcome outcome) {
          EXPECT_TRUE(loop->is_current());
          (*held)({.body = outcome ? outcome->body : outcome.error().error.message()});
        });
      },
      {loop});
  ASSERT_TRUE(front.start());
  HttpClient caller;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(caller.send({.url = url_of(front) + "/x"})->body, "/x");
  front.stop();
  client.reset();
  loop->stop();
}

TEST(Loop, OfSeveralCarriesTheCallsThatWereMadeOnIt) {
  const std::vector loops{std::make_shared<Loop>(), std::make_shared<Loop>()};
  const auto server =
      serving([](ServerRequest request, Reply reply) { reply({.body = request.remote}); });
  {
    HttpClient client({}, loops);
    const auto remote_from = [&](Loop& loop) {
      std::promise<std::string> remote;
      loop.post([&] {
        client.async_send({.url = url_of(*server)}, [&](Outcome outcome) {
          EXPECT_TRUE(loop.is_current());
          remote.set_value(outcome->body);
        });
      });
      return remote.get_future().get();
    };
    const std::string first = remote_from(*loops[0]);
    EXPECT_NE(remote_from(*loops[1]), first);
    EXPECT_EQ(remote_from(*loops[0]), first);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(client.send({.url = url_of(*server)}));
  }
  for (const auto& loop : loops) loop->stop();
}

}  // namespace
}  // namespace cresset::net
