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

// The stamp of a line that the node took in that second.
std::string at(int second) { return "2026-01-01T12:00:0" + std::to_string(second) + ".000000000Z"; }

class ReadingPodLogs : public ::testing::Test {
 protected:
  base::Result<void> read(int status, const std::string& body, const PodLogOptions& options) {
    return read_answer(RawServer::answer(status, body), options);
  }
  // `answer` is all that comes before the connection is closed.
  base::Result<void> read_answer(const std::string& answer, const PodLogOptions& options) {
    RawServer server([&](RawServer::Connection& peer, const std::string& request) {
      asked_ = request.substr(0, request.find(" HTTP/1.1"));
      peer.write(answer);
      return false;
    });
    PodLogs logs({.server = server.url()}, clock_, base::silent());
    return logs.read(
        {"team", "digits-0"}, options, {},
        [&](std::string_view stamp, std::string_view text) { lines_.emplace_back(stamp, text); });
  }

  base::ManualClock clock_;
  std::string asked_;
  Lines lines_;
};

TEST_F(ReadingPodLogs, EachLineHasTheStampOfTheNodeAndAnEmptyOneIsOneToo) {
  const auto read_all =
      read(200, at(1) + " one\n" + at(2) + " \n" + at(3) + " a b\n" + at(4) + " without an end",
           {.container = "worker", .since_seconds = 90});
  ASSERT_TRUE(read_all) << read_all.error().message();
  EXPECT_THAT(lines_, ElementsAre(Pair(at(1), "one"), Pair(at(2), ""), Pair(at(3), "a b"),
                                  Pair(at(4), "without an end")));
  EXPECT_EQ(asked_,
            "GET /api/v1/namespaces/team/pods/digits-0/log?timestamps=true&container=worker"
            "&sinceSeconds=90");
}

TEST_F(ReadingPodLogs, OfAPodThatIsFollowedAnUnfinishedLineIsLeftToTheNextRead) {
  const auto ended =
      read(200, at(1) + " one\n" + at(2) + " tw", {.container = "worker", .follow = true});
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_THAT(lines_, ElementsAre(Pair(at(1), "one")));
  EXPECT_THAT(asked_, ::testing::EndsWith("&follow=true"));
}

TEST_F(ReadingPodLogs, OfAnAnswerThatWasCutAnUnfinishedLineIsLeftOut) {
  EXPECT_FALSE(read_answer(
      "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + at(1) + " one\n" + at(2) + " tw",
      {.container = "worker"}));
  EXPECT_THAT(lines_, ElementsAre(Pair(at(1), "one")));
}

TEST_F(ReadingPodLogs, WhatANodeSaysAmongTheLinesHasNoStampAndIsAnError) {
  for (const bool follow : {false, true}) {
    lines_.clear();
    const auto refused =
        read(200, at(1) + " one\nfailed to create fsnotify watcher: too many open files",
             {.container = "worker", .follow = follow});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message(), "failed to create fsnotify watcher: too many open files");
    EXPECT_THAT(lines_, ElementsAre(Pair(at(1), "one")));
  }
}

TEST_F(ReadingPodLogs, AfterAStampThereAreTheLinesBehindItAlone) {
  ASSERT_TRUE(
      read(200, at(1) + " one\n" + at(2) + " two\n", {.container = "worker", .after = at(1)}));
  EXPECT_THAT(lines_, ElementsAre(Pair(at(2), "two")));
  EXPECT_EQ(asked_,
            "GET /api/v1/namespaces/team/pods/digits-0/log?timestamps=true&container=worker"
            "&sinceTime=2026-01-01T12:00:01Z");
}

TEST_F(ReadingPodLogs, AStampKeepsItsZone) {
  ASSERT_TRUE(read(200, "2026-01-01T12:00:01.2+02:00 one\n",
                   {.container = "worker", .after = "2026-01-01T12:00:01.1+02:00"}));
  EXPECT_THAT(asked_, ::testing::EndsWith("&sinceTime=2026-01-01T12:00:01%2B02:00"));
  EXPECT_THAT(lines_, ElementsAre(Pair("2026-01-01T12:00:01.2+02:00", "one")));
}

TEST(StampTime, IsOfAnyZoneAndOfNothingElse) {
  const auto noon = *base::parse_time("2026-01-01T12:00:00.250Z");
  for (const char* stamp : {"2026-01-01T12:00:00.250000000Z", "2026-01-01T14:00:00.250000000+02:00",
                            "2026-01-01T04:30:00.250000000-07:30"})
    EXPECT_EQ(stamp_time(stamp), noon) << stamp;
  for (const char* other : {"", "Z", "failed", "2026-01-01", "2026-01-01T12:00:00",
                            "2026-01-01T12:00:00+0x:00", "2026-01-01T12:00:00+-2:00"})
    EXPECT_EQ(stamp_time(other), std::nullopt) << other;
}

TEST_F(ReadingPodLogs, OfALineThatIsTooLongTheBeginningIsKeptAndTheNextOneIsWhole) {
  ASSERT_TRUE(read(200, at(1) + " " + std::string(3 << 20, 'x') + "\n" + at(2) + " two\n",
                   {.container = "worker"}));
  EXPECT_THAT(lines_, ElementsAre(Pair(at(1), SizeIs((1 << 20) - 31)), Pair(at(2), "two")));
}

TEST_F(ReadingPodLogs, WhatTheServerRefusesIsItsError) {
  const auto refused =
      read(403, R"({"kind": "Status", "message": "cannot get pods/log"})", {.container = "worker"});
  ASSERT_FALSE(refused);
  EXPECT_TRUE(base::is_forbidden(refused.error()));
  EXPECT_THAT(refused.error().message(), StartsWith("cannot get pods/log"));
}

}  // namespace
}  // namespace cresset::kube::pod_logs_test
