// create_all over the real client, whose thread brings an answer and begins the next create.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "controllers/common/create_all.h"
#include "tests/support/odd_clock.h"
#include "tests/support/raw_server.h"

namespace cresset::controllers {
namespace {

using testing::RawServer;

constexpr size_t kBefore = 100;  // of the answers

class CreateAllOverAClient : public ::testing::Test {
 protected:
  // The n-th request (from 0) gets what `answer` says.
  void start(std::function<std::string(size_t n)> answer) {
    server_ = std::make_unique<RawServer>(
        [this, answer](RawServer::Connection& peer, const std::string&) {
          return peer.write(answer(count_++));
        });
    client_ = std::make_unique<kube::Client>(kube::ClusterConfig{.server = server_->url()},
                                             base::silent(), kube::ClientOptions{.clock = &clock_});
  }
  CallsDone create(size_t count) {
    std::vector<Create> list;
    for (size_t i = 0; i < count; ++i) {
      const std::string name = "digits-" + std::to_string(i);
      list.push_back({kube::kPods, {"team", name}, {{"metadata", {{"name", name}}}}});
    }
    std::vector<const Create*> creates;
    for (const auto& one : list) creates.push_back(&one);
    return create_all(*client_, creates, {kube::kTrainingJobs, owner_}, helpers_);
  }
  static std::string made() { return RawServer::answer(201, "{}"); }

  testing::OddClock clock_;
  std::atomic<size_t> count_ = 0;
  kube::ObjectMeta owner_{.ns = "team", .name = "digits", .uid = base::Uid("job")};
  CallHelpers helpers_;
  std::unique_ptr<kube::Client> client_;
  std::unique_ptr<RawServer> server_;  // last: its threads use the rest
};

size_t count_of(const std::vector<bool>& done) {
  return static_cast<size_t>(std::count(done.begin(), done.end(), true));
}

TEST_F(CreateAllOverAClient, EachIsMadeOnce) {
  start([](size_t) { return made(); });
  const auto created = create(200);
  ASSERT_TRUE(created.result) << created.result.error().message();
  EXPECT_EQ(created.done, std::vector<bool>(200, true));
  std::set<std::string> bodies;
  for (const auto& request : server_->requests())
    bodies.insert(request.substr(request.find("\r\n\r\n")));
  EXPECT_EQ(server_->requests().size(), 200U);
  EXPECT_EQ(bodies.size(), 200U);
}

TEST_F(CreateAllOverAClient, NoneBeginsAfterOneThatIsRefused) {
  start([](size_t n) {
    return n < kBefore ? made() : RawServer::answer(403, R"({"message": "quota"})");
  });
  const auto created = create(1000);
  ASSERT_FALSE(created.result);
  EXPECT_TRUE(base::is_forbidden(created.result.error())) << created.result.error().message();
  EXPECT_EQ(count_of(created.done), kBefore);
  EXPECT_LE(count_, kBefore + kCallsAtOnce);
}

TEST_F(CreateAllOverAClient, AnInterruptEndsThoseThatAreUnderWayAndBeginsNoOther) {
  start([this](size_t n) {
    if (n < kBefore) return made();
    client_->interrupt();
    return std::string();
  });
  const auto created = create(1000);
  ASSERT_FALSE(created.result);
  EXPECT_TRUE(base::is_cancelled(created.result.error())) << created.result.error().message();
  EXPECT_LE(count_of(created.done), kBefore);
  EXPECT_LE(count_, kBefore + kCallsAtOnce);
}

TEST_F(CreateAllOverAClient, AfterAnInterruptNothingIsSent) {
  start([](size_t) { return made(); });
  client_->interrupt();
  const auto created = create(200);
  ASSERT_FALSE(created.result);
  EXPECT_TRUE(base::is_cancelled(created.result.error())) << created.result.error().message();
  EXPECT_EQ(count_, 0U);
}

TEST_F(CreateAllOverAClient, AnExceptionOnTheThreadOfTheAnswersIsAnErrorAndTheThreadLivesOn) {
  start([this](size_t n) {
    if (n == kBefore) clock_.be_odd();
    return made();
  });
  const auto created = create(1000);
  ASSERT_FALSE(created.result);
  EXPECT_NE(created.result.error().message().find("exception: odd"), std::string::npos)
      << created.result.error().message();
  EXPECT_TRUE(create(200).result);
}

}  // namespace
}  // namespace cresset::controllers
