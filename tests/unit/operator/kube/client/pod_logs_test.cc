#include "operator/kube/client/pod_logs.h"

#include <gmock/gmock.h>

#include "tests/support/raw_server.h"

namespace cresset::kube::pod_logs_test {
namespace {

using cresset::testing::RawServer;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::StartsWith;
using Lines = std::vector<std::pair<std::string, std::string>>;

class ReadingPodLogs : public ::testing::Test {
 protected:
  base::Result<Lines> read(int status, const std::string& body, const PodLogOptions& options) {
    RawServer server([&](RawServer::Connection& peer, const std::string& request) {
      asked_ = request.substr(0, request.find(" HTTP/1.1"));
      return peer.write(RawServer::answer(status, body));
    });
    PodLogs logs({.server = server.url()}, clock_, base::silent());
    Lines lines;
    CRESSET_CHECK(logs.read(
        {"team", "digits-0"}, options, {},
        [&](std::string_view stamp, std::string_view text) { lines.emplace_back(stamp, text); }));
    return lines;
  }

  base::ManualClock clock_;
  std::string asked_;
};

TEST_F(ReadingPodLogs, EachLineHasTheStampOfTheNodeAndAnEmptyOneIsOneToo) {
  const auto lines = read(200, "t1 one\nt2 \nt3 a b\nt4 without an end",
                          {.container = "worker", .follow = true, .since_seconds = 90});
  ASSERT_TRUE(lines) << lines.error().message();
  EXPECT_THAT(*lines, ElementsAre(Pair("t1", "one"), Pair("t2", ""), Pair("t3", "a b"),
                                  Pair("t4", "without an end")));
  EXPECT_EQ(asked_,
            "GET /api/v1/namespaces/team/pods/digits-0/log?timestamps=true&container=worker"
            "&follow=true&sinceSeconds=90");
}

TEST_F(ReadingPodLogs, AfterAStampThereAreTheLinesBehindItAlone) {
  const auto lines =
      read(200, "2026-01-01T12:00:01.100000000Z one\n2026-01-01T12:00:01.200000000Z two\n",
           {.container = "worker", .after = "2026-01-01T12:00:01.100000000Z"});
  ASSERT_TRUE(lines) << lines.error().message();
  EXPECT_THAT(*lines, ElementsAre(Pair("2026-01-01T12:00:01.200000000Z", "two")));
  EXPECT_EQ(asked_,
            "GET /api/v1/namespaces/team/pods/digits-0/log?timestamps=true&container=worker"
            "&sinceTime=2026-01-01T12:00:01Z");
}

TEST_F(ReadingPodLogs, AStampKeepsItsZone) {
  ASSERT_TRUE(read(200, "", {.container = "worker", .after = "2026-01-01T12:00:01.1+02:00"}));
  EXPECT_THAT(asked_, ::testing::EndsWith("&sinceTime=2026-01-01T12:00:01%2B02:00"));
}

TEST_F(ReadingPodLogs, OfALineThatIsTooLongTheBeginningIsKeptAndTheNextOneIsWhole) {
  const auto lines =
      read(200, "t1 " + std::string(3 << 20, 'x') + "\nt2 two\n", {.container = "worker"});
  ASSERT_TRUE(lines) << lines.error().message();
  EXPECT_THAT(*lines, ElementsAre(Pair("t1", SizeIs((1 << 20) - 3)), Pair("t2", "two")));
}

TEST_F(ReadingPodLogs, WhatTheServerRefusesIsItsError) {
  const auto lines =
      read(403, R"({"kind": "Status", "message": "cannot get pods/log"})", {.container = "worker"});
  ASSERT_FALSE(lines);
  EXPECT_TRUE(base::is_forbidden(lines.error()));
  EXPECT_THAT(lines.error().message(), StartsWith("cannot get pods/log"));
}

}  // namespace
}  // namespace cresset::kube::pod_logs_test
