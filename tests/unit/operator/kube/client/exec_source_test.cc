#include "operator/kube/client/exec_source.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace cresset::kube {
namespace {

using namespace std::chrono_literals;

class Exec : public ::testing::Test {
 protected:
  static std::string answer(const std::string& token, const std::string& more = "") {
    return R"({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1",
               "status": {"token": ")" +
           token + "\"" + more + "}}";
  }
  // The token, or the error.
  std::string token(std::stop_token stop = {}) {
    auto got = source_.current(stop);
    if (!got) return got.error().message();
    last_ = *got;
    return got->token;
  }
  std::string refuse() {
    const auto another = source_.refused(last_, {});
    return !another ? another.error().message() : *another ? "another" : "none";
  }

  base::ManualClock clock_;
  std::atomic<int> runs_ = 0;
  std::function<base::Result<std::string>(std::stop_token)> run_ = [this](std::stop_token) {
    return answer("t" + std::to_string(runs_));
  };
  ExecSource source_{
      {.where = "here", .api_version = "client.authentication.k8s.io/v1", .command = "login"},
      clock_,
      [this](std::stop_token stop) {
        ++runs_;
        return run_(stop);
      }};
  Credential last_;
};

TEST_F(Exec, RunsOnceForACredentialThatDoesNotEnd) {
  EXPECT_EQ(token(), "t1");
  clock_.advance(24h);
  EXPECT_EQ(token(), "t1");
}

TEST_F(Exec, RunsAgainTenSecondsBeforeItsCredentialEnds) {
  run_ = [this](std::stop_token) {
    return answer("t" + std::to_string(runs_),
                  R"(, "expirationTimestamp": ")" + base::format_time(clock_.wall() + 1h) + "\"");
  };
  EXPECT_EQ(token(), "t1");
  clock_.advance(1h - 11s);
  EXPECT_EQ(token(), "t1");
  clock_.advance(1s);
  EXPECT_EQ(token(), "t2");
}

TEST_F(Exec, RunsAgainForACredentialThatWasRefused) {
  EXPECT_EQ(token(), "t1");
  clock_.advance(1s);
  EXPECT_EQ(refuse(), "another");
  EXPECT_EQ(refuse(), "another") << "which is there already";
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(token(), "t2");
}

TEST_F(Exec, ACredentialThatComesAgainIsNoOther) {
  run_ = [](std::stop_token) { return answer("same"); };
  EXPECT_EQ(token(), "same");
  clock_.advance(1s);
  EXPECT_EQ(refuse(), "none");
  EXPECT_EQ(runs_, 2);
}

TEST_F(Exec, IsNotStartedAgainWithinASecond) {
  run_ = [](std::stop_token) {
    return answer("old", R"(, "expirationTimestamp": "2020-01-01T00:00:00Z")");
  };
  EXPECT_EQ(token(), "old");
  EXPECT_EQ(token(), "old");
  EXPECT_EQ(refuse(), "none");
  EXPECT_EQ(runs_, 1);
  run_ = [](std::stop_token) { return base::fail(base::unavailable("failed")); };
  clock_.advance(1s);
  EXPECT_EQ(token(), "failed");
  EXPECT_EQ(token(), "failed");
  EXPECT_EQ(runs_, 2);
  clock_.advance(1s);
  run_ = [](std::stop_token) { return answer("good"); };
  EXPECT_EQ(token(), "good");
}

TEST_F(Exec, AnAnswerThatIsNoneNamesThePlugin) {
  run_ = [](std::stop_token) { return std::string("{}"); };
  EXPECT_EQ(token(),
            "the credential plugin \"login\" (here): kind must be ExecCredential, found \"\"");
}

TEST_F(Exec, RunsOneAtATimeAndAllWhoWaitShareItsEnd) {
  constexpr int kThreads = 8;
  std::atomic<int> asked = 0;
  run_ = [&](std::stop_token) {
    while (asked < kThreads) std::this_thread::yield();
    return answer("shared");
  };
  std::atomic<int> shared = 0;
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      ++asked;
      const auto got = source_.current({});
      if (got && got->token == "shared") ++shared;
    });
  threads.clear();
  EXPECT_EQ(runs_, 1);
  EXPECT_EQ(shared, kThreads);
}

TEST_F(Exec, AStopOfTheOneThatRunsItIsNobodyElsesAnswer) {
  run_ = [](std::stop_token) { return base::fail(base::cancelled("stopped")); };
  EXPECT_EQ(token(), "stopped");
  run_ = [](std::stop_token) { return answer("good"); };
  EXPECT_EQ(token(), "good");
}

TEST_F(Exec, WhoWaitsForAnothersRunMayBeStopped) {
  std::atomic<bool> started = false;
  std::atomic<bool> go_on = false;
  run_ = [&](std::stop_token) {
    started = true;
    go_on.wait(false);
    return answer("late");
  };
  std::jthread runner([&] { EXPECT_TRUE(source_.current({})); });
  while (!started) std::this_thread::yield();
  std::stop_source stop;
  stop.request_stop();
  const auto got = source_.current(stop.get_token());
  ASSERT_FALSE(got);
  EXPECT_TRUE(base::is_cancelled(got.error()));
  go_on = true;
  go_on.notify_all();
}

TEST_F(Exec, AnExceptionLeavesItUsable) {
  run_ = [](std::stop_token) -> base::Result<std::string> { throw std::bad_alloc(); };
  EXPECT_THROW(source_.current({}).has_value(), std::bad_alloc);
  run_ = [](std::stop_token) { return answer("good"); };
  EXPECT_EQ(token(), "good");
}

}  // namespace
}  // namespace cresset::kube
