#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "operator/kube/client/client.h"
#include "operator/kube/client/exchange.h"
#include "tests/support/raw_server.h"

namespace cresset::kube {
namespace {

using testing::RawServer;

const std::string kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string event(const std::string& name) {
  return R"({"type":"ADDED","object":{"kind":"Pod","metadata":{"name":")" + name + "\"}}}\n";
}

std::string chunk(const std::string& bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}

class Watches : public ::testing::Test {
 protected:
  base::Result<void> watch(RawServer::Serve serve, std::stop_token stop = {}) {
    const RawServer server(std::move(serve));
    Client client({.server = server.url()}, base::silent(), options_);
    auto result = client.watch(kPods, {.resource_version = "7", .timeout_seconds = seconds_}, stop,
                               [this](const WatchEvent& event) {
                                 names_ +=
                                     std::string(event.object.text_at("/metadata/name")) + " ";
                                 ++events_;
                                 each_event_();
                               });
    requests_ = server.requests();
    return result;
  }
  ClientOptions options_;
  int seconds_ = 60;  // that the watch asks for
  std::function<void()> each_event_ = [] {};
  std::atomic<int> events_ = 0;
  std::string names_;
  std::vector<std::string> requests_;
};

TEST_F(Watches, GiveEventsHoweverChunksAreCutAndEndWithTheStream) {
  const auto result = watch([](RawServer::Connection& peer, const std::string&) {
    const std::string all = event("a") + event("gr\u00fc\u00df") + event("c");
    peer.write(kHead);
    for (const char byte : all) peer.write(chunk(std::string(1, byte)));
    return peer.write("0\r\n\r\n");
  });
  EXPECT_TRUE(result) << result.error().message();
  EXPECT_EQ(names_, "a gr\u00fc\u00df c ");
  EXPECT_NE(requests_[0].find("resourceVersion=7"), std::string::npos);
}

TEST_F(Watches, ACutConnectionGivesWhatWasWhole) {
  watch([](RawServer::Connection& peer, const std::string&) {
    peer.write(kHead + chunk(event("a") + event("b").substr(0, 20)));
    return false;
  });
  EXPECT_EQ(names_, "a ");
}

TEST_F(Watches, AStatusInsteadOfAStreamIsItsError) {
  const auto result = watch([](RawServer::Connection& peer, const std::string&) {
    return peer.write(RawServer::answer(410, R"({"reason": "Expired", "message": "too old"})"));
  });
  ASSERT_FALSE(result);
  EXPECT_TRUE(base::is_gone(result.error()));
}

TEST_F(Watches, BrokenJsonEndsTheWatchAtOnceThoughTheServerSendsNoMore) {
  const auto result = watch([](RawServer::Connection& peer, const std::string&) {
    peer.write(kHead + chunk(event("a") + "{broken\n"));
    peer.wait_for_close();
    return false;
  });
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message().find("broken JSON"), std::string::npos);
  EXPECT_EQ(names_, "a ");
}

// Nobody can tell whether its peer is quiet or gone; the next one will.
TEST_F(Watches, ASilentOneEndsAfterItsTimeAsIfTheServerHadEndedIt) {
  base::ManualClock clock;  // by which its time is never over, so that the event is taken
  options_.clock = &clock;
  options_.watch_grace = std::chrono::milliseconds(50);
  seconds_ = 0;
  const auto result = watch([](RawServer::Connection& peer, const std::string&) {
    peer.write(kHead + chunk(event("a")));
    peer.wait_for_close();
    return false;
  });
  EXPECT_TRUE(result) << result.error().message();
  EXPECT_EQ(names_, "a ");
}

TEST_F(Watches, OneThatIsNotTakenInTheTimeOfACallIsAnError) {
  options_.call_timeout = std::chrono::milliseconds(50);
  const auto result = watch([](RawServer::Connection& peer, const std::string&) {
    peer.wait_for_close();
    return false;
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind(), base::ErrorKind::kTimeout);
}

TEST_F(Watches, OneThatGoesOnBeyondItsTimeIsEndedAfterFiveSecondsMore) {
  base::ManualClock clock;
  options_.clock = &clock;
  each_event_ = [&] { clock.advance(std::chrono::milliseconds(500)); };
  const auto result = watch([](RawServer::Connection& peer, const std::string&) {
    peer.write(kHead);
    while (peer.write(chunk(event("a")))) continue;
    return false;
  });
  EXPECT_TRUE(result) << result.error().message();
  EXPECT_GE(events_, 130) << "65 s of two events each";
}

TEST(WatchExchange, OneThatIsSilentWhenItsTimeIsOverIsEndedAndCounted) {
  const RawServer server([](RawServer::Connection& peer, const std::string&) {
    peer.write(kHead + chunk(event("a")));
    peer.wait_for_close();
    return false;
  });
  base::SystemClock clock;
  base::Metrics metrics;
  Exchange exchange({.server = server.url()}, std::chrono::seconds(30), 0, clock, &metrics,
                    base::silent());
  const auto ended =
      exchange.stream(watch_request(kPods, {.resource_version = "7"}),
                      std::chrono::milliseconds(50), {}, [](std::string_view) { return true; });
  EXPECT_TRUE(ended) << ended.error().message();
  EXPECT_NE(metrics.render().find("rest_client_watches_overdue_total{host=\"127.0.0.1:" +
                                  std::to_string(server.port()) + "\"} 1\n"),
            std::string::npos)
      << metrics.render();
}

TEST(WatchExchange, OneThatTheServerEndsInTimeIsNotCounted) {
  const RawServer server([](RawServer::Connection& peer, const std::string&) {
    return peer.write(kHead + chunk(event("a")) + "0\r\n\r\n");
  });
  base::SystemClock clock;
  base::Metrics metrics;
  Exchange exchange({.server = server.url()}, std::chrono::seconds(30), 0, clock, &metrics,
                    base::silent());
  EXPECT_TRUE(exchange.stream(watch_request(kPods, {.resource_version = "7"}),
                              std::chrono::seconds(30), {}, [](std::string_view) { return true; }));
  EXPECT_EQ(metrics.render().find("rest_client_watches_overdue_total"), std::string::npos);
}

TEST_F(Watches, AStopEndsAQuietWatch) {
  std::stop_source stop;
  std::jthread stopper([&] {
    while (events_ == 0) std::this_thread::yield();
    stop.request_stop();
  });
  const auto result = watch(
      [](RawServer::Connection& peer, const std::string&) {
        peer.write(kHead + chunk(event("a")));
        peer.wait_for_close();
        return false;
      },
      stop.get_token());
  ASSERT_FALSE(result);
  EXPECT_TRUE(base::is_cancelled(result.error()));
}

}  // namespace
}  // namespace cresset::kube
