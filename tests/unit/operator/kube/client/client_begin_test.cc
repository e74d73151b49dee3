// Creates that nobody waits for.
#include <gtest/gtest.h>

#include <future>

#include "tests/support/odd_clock.h"
#include "tests/unit/operator/kube/client/client_fixture.h"
#include "tests/unit/operator/kube/client/scratch.h"

namespace cresset::kube {
namespace {

// What a create came to that nobody waits for, once there is an answer.
Outcome begun(Client& client) {
  std::promise<Outcome> outcome;
  const std::string ns = "team";
  const auto pod = base::Json::object();
  client.begin_make(kPods, ns, pod, [&](Outcome now) { outcome.set_value(std::move(now)); });
  return outcome.get_future().get();
}

TEST_F(Clients, TellWhoDoesNotWaitWhatBecameOfACreate) {
  start([](int n, const std::string&) {
    return n == 0 ? RawServer::answer(201, "neither JSON nor protobuf")
                  : RawServer::answer(403, R"({"message": "quota"})");
  });
  const auto made = begun(*client_);
  EXPECT_FALSE(made.rest);
  EXPECT_TRUE(made.result);
  EXPECT_NE(server_->requests()[0].find(";as=PartialObjectMetadata;"), std::string::npos);
  const auto refused = begun(*client_);
  EXPECT_FALSE(refused.rest);
  ASSERT_FALSE(refused.result);
  EXPECT_EQ(refused.result.error().message(), "quota (HTTP 403)");
  EXPECT_TRUE(metric("code=\"201\""));
  EXPECT_TRUE(metric("code=\"403\""));
}

TEST_F(Clients, LeaveTheWaitOfACreateThatIsThrottledToOneThatMayBlock) {
  start([](int n, const std::string&) {
    return n < 3 ? throttled("Retry-After: 5\r\n") : RawServer::answer(201, "{}");
  });
  const auto made = begun(*client_);
  ASSERT_TRUE(made.rest);
  EXPECT_EQ(count_, 1);
  const auto before = clock_.mono();
  EXPECT_TRUE(while_time_passes(made.rest));
  EXPECT_GE(clock_.mono() - before, 15s);
  EXPECT_EQ(count_, 4);
}

TEST_F(Clients, ACreateThatNobodyWaitsForGivesUpAfterThreeWaitsToo) {
  start([](int, const std::string&) { return throttled("Retry-After: 1\r\n"); });
  const auto made = while_time_passes([this] { return begun(*client_).rest(); });
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind(), base::ErrorKind::kExhausted);
  EXPECT_EQ(count_, 4);
}

TEST_F(Clients, ACreateThatNobodyWaitsForIsRepeatedWithARotatedToken) {
  const Scratch scratch;
  const auto file = scratch.write("token", "old");
  start(
      [&](int n, const std::string& request) {
        if (n == 0 || request.find("Bearer new\r\n") != std::string::npos)
          return RawServer::answer(201, "{}");
        scratch.write("token", "new");
        return RawServer::answer(401, R"({"message": "Unauthorized"})");
      },
      {.token_file = file});
  EXPECT_TRUE(client_->make(kPods, "team", base::Json::object()));
  const auto made = begun(*client_);
  ASSERT_TRUE(made.rest);
  EXPECT_EQ(count_, 2);
  EXPECT_TRUE(made.rest());
  EXPECT_EQ(count_, 3);
}

TEST_F(Clients, ACreateThatNobodyWaitsForIsLeftToOneThatMayBlockWhenAFileIsToBeRead) {
  const Scratch scratch;
  const std::string ca = "-----BEGIN X-----\nca\n-----END X-----\n";
  start([](int, const std::string&) { return RawServer::answer(201, "{}"); },
        {.ca_pem = ca, .ca_file = scratch.write("ca", ca), .token_file = scratch.write("t", "t")});
  const auto first = begun(*client_);
  ASSERT_TRUE(first.rest) << "the token";
  EXPECT_EQ(count_, 0);
  EXPECT_TRUE(first.rest());
  EXPECT_FALSE(begun(*client_).rest);
  EXPECT_EQ(count_, 2);
  clock_.advance(49s);
  EXPECT_FALSE(begun(*client_).rest);
  clock_.advance(1s);
  EXPECT_TRUE(begun(*client_).rest()) << "the token";
  clock_.advance(10s);
  EXPECT_TRUE(begun(*client_).rest()) << "the CA";
  EXPECT_FALSE(begun(*client_).rest);
}

TEST_F(Clients, AnInterruptEndsACreateThatNobodyWaitsForAndAllLaterOnes) {
  start([](int, const std::string&) { return ""; });
  std::jthread interrupter([&] {
    while (count_ == 0) std::this_thread::yield();
    client_->interrupt();
  });
  EXPECT_TRUE(base::is_cancelled(begun(*client_).result.error()));
  EXPECT_TRUE(base::is_cancelled(begun(*client_).result.error()));
  EXPECT_EQ(count_, 1);
}

TEST_F(Clients, ACreateThatNobodyWaitsForAndThatMayHaveBeenDoneIsNotRepeated) {
  start([](int, const std::string&) {
    return RawServer::answer(503, R"({"message": "away"})", "Retry-After: 5\r\n");
  });
  const auto made = begun(*client_);
  EXPECT_FALSE(made.rest);
  EXPECT_FALSE(made.result);
  EXPECT_EQ(count_, 1);
}

TEST_F(Clients, AnExceptionOverTheAnswerOfACreateThatNobodyWaitsForIsItsResult) {
  testing::OddClock clock;
  start([&](int n, const std::string&) {
    if (n == 0) clock.be_odd();
    return RawServer::answer(201, "{}");
  });
  Client client({.server = server_->url()}, log_, {.clock = &clock});
  const auto made = begun(client);
  EXPECT_FALSE(made.rest);
  ASSERT_FALSE(made.result);
  EXPECT_EQ(made.result.error().message(), "exception: odd");
  EXPECT_TRUE(begun(client).result);
}

TEST_F(Clients, ACreateThatIsUnderWayWhenTheClientGoesIsCancelled) {
  start([](int, const std::string&) { return ""; });
  std::promise<Outcome> outcome;
  const std::string ns = "team";
  const auto pod = base::Json::object();
  client_->begin_make(kPods, ns, pod, [&](Outcome now) { outcome.set_value(std::move(now)); });
  while (count_ == 0) std::this_thread::yield();
  client_ = nullptr;
  EXPECT_TRUE(base::is_cancelled(outcome.get_future().get().result.error()));
}

}  // namespace
}  // namespace cresset::kube
