#include "controllers/model_service/load_board.h"

#include <gmock/gmock.h>

#include <thread>

namespace cresset::controllers::model_service::load_board_test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using worker_contract::LoadReport;

const kube::ObjectKey kKey{"team", "digits"};
const autoscale::WindowShape kShape{.stable = 10s};
const autoscale::Metric& kConcurrency = *autoscale::find_metric("concurrency");
const autoscale::Metric kQueued{
    "queued", "requests queued", 5s,
    [](const worker_contract::RevisionLoad& line) { return static_cast<double>(line.queued); }};

class LoadBoardTest : public ::testing::Test {
 protected:
  void report(std::vector<worker_contract::RevisionLoad> lines, const char* gateway = "g") {
    board.on_load({.gateway = gateway, .sequence = ++sequence, .revisions = std::move(lines)}, now);
  }
  std::optional<autoscale::Load> load() { return board.load(kKey, kConcurrency, kShape, now); }

  std::vector<kube::ObjectKey> woken;
  LoadBoard board{[this](const kube::ObjectKey& key) { woken.push_back(key); }};
  base::MonoTime now{10h};
  int64_t sequence = 0;
};

TEST_F(LoadBoardTest, RevisionsOfAServiceAreSummed) {
  load();
  report({{.ns = "team", .name = "digits", .revision = "a", .concurrency = 2, .waiting = 1},
          {.ns = "team", .name = "digits", .revision = "b", .concurrency = 3, .in_flight = 1},
          {.ns = "team", .name = "letters", .concurrency = 100}});
  EXPECT_DOUBLE_EQ(load()->mean, 5);
  EXPECT_EQ(load()->waiting, 1);
}

TEST_F(LoadBoardTest, BusyReplicasAreKnownOfEveryServiceWhileTheReportsAreFresh) {
  const worker_contract::BusyReplica one{"10.0.0.1:8080", 2}, two{"10.0.0.2:8080", 1};
  report({{.ns = "team", .name = "digits", .revision = "a", .busy = {one}}}, "g1");
  now += 3s;
  report({{.ns = "team", .name = "digits", .revision = "a", .busy = {{one.address, 1}, two}}},
         "g2");
  EXPECT_THAT(board.in_flight(kKey, now), ElementsAre(Pair(one.address, 2), Pair(two.address, 1)));
  EXPECT_THAT(board.in_flight({"team", "letters"}, now), IsEmpty());
  now += 3s;
  EXPECT_THAT(board.in_flight(kKey, now), ElementsAre(Pair(one.address, 1), Pair(two.address, 1)))
      << "the first gateway has fallen silent";
  report({}, "g2");
  EXPECT_THAT(board.in_flight(kKey, now), IsEmpty());
}

TEST_F(LoadBoardTest, AServiceThatAReportDoesNotNameHasNoLoadThere) {
  load();
  report({{.ns = "team", .name = "digits", .arrivals = 1, .concurrency = 4}});
  now += 1s;
  report({});
  EXPECT_DOUBLE_EQ(load()->mean, 2);
  EXPECT_EQ(load()->idle, 1s);
}

TEST_F(LoadBoardTest, TheFirstRequestWakesAtOnceAndTheNextDoNotAgain) {
  load();
  report({});
  EXPECT_TRUE(woken.empty());
  report({{.ns = "team", .name = "digits", .arrivals = 1, .concurrency = 1}});
  EXPECT_EQ(woken.size(), 1u);
  report({{.ns = "team", .name = "digits", .arrivals = 1, .concurrency = 1}});
  EXPECT_EQ(woken.size(), 1u);
  report({{.ns = "team", .name = "digits", .waiting = 1}});
  EXPECT_EQ(woken.size(), 2u) << "a request that waits is never left to a tick";
}

TEST_F(LoadBoardTest, AnIdleGatewayBesideABusyOneIsNoNews) {
  load();
  const worker_contract::RevisionLoad asked{
      .ns = "team", .name = "digits", .arrivals = 1, .concurrency = 1};
  for (int second = 0; second < 3; ++second, now += 1s) {
    report({asked}, "busy");
    report({}, "idle");
  }
  EXPECT_EQ(woken.size(), 1u);
  report({}, "busy");
  report({asked}, "idle");
  EXPECT_EQ(woken.size(), 2u) << "nobody asked at either";
}

TEST_F(LoadBoardTest, AGatewayThatFellSilentWhileItWasAskedDoesNotKeepTheServiceAwake) {
  load();
  report({{.ns = "team", .name = "digits", .arrivals = 1}}, "gone");
  now += LoadBoard::kBusyFor + 1s;
  report({{.ns = "team", .name = "digits", .arrivals = 1}}, "here");
  EXPECT_EQ(woken.size(), 2u);
}

TEST_F(LoadBoardTest, AReportThatIsSentTwiceCountsOnce) {
  load();
  const LoadReport once{
      .gateway = "g", .sequence = 7, .revisions = {{.ns = "team", .name = "digits", .waiting = 1}}};
  board.on_load(once, now);
  board.on_load(once, now + 10ms);
  EXPECT_EQ(woken.size(), 1u);
}

TEST_F(LoadBoardTest, WhatIsNotFollowedIsNotKept) {
  report({{.ns = "team", .name = "digits", .concurrency = 4}});
  EXPECT_EQ(board.size(), 0u);
  EXPECT_FALSE(load());
  EXPECT_EQ(board.size(), 1u);
  board.forget(kKey);
  EXPECT_EQ(board.size(), 0u);
}

TEST_F(LoadBoardTest, AnotherWindowKeepsWhatIsKnown) {
  load();
  report({{.ns = "team", .name = "digits", .concurrency = 4}});
  EXPECT_TRUE(board.load(kKey, kConcurrency, {.stable = 20s}, now));
}

TEST_F(LoadBoardTest, EachServiceIsReadByItsOwnMetric) {
  const kube::ObjectKey letters{"team", "letters"};
  load();
  board.load(letters, kQueued, kShape, now);
  report({{.ns = "team", .name = "digits", .concurrency = 2, .queued = 9},
          {.ns = "team", .name = "letters", .concurrency = 3, .queued = 7}});
  EXPECT_DOUBLE_EQ(load()->mean, 2);
  EXPECT_DOUBLE_EQ(board.load(letters, kQueued, kShape, now)->mean, 7);
}

TEST_F(LoadBoardTest, WithAnotherMetricItBeginsAnew) {
  load();
  report({{.ns = "team", .name = "digits", .concurrency = 2, .queued = 9}});
  EXPECT_FALSE(board.load(kKey, kQueued, kShape, now));
  report({{.ns = "team", .name = "digits", .concurrency = 2, .queued = 9}});
  EXPECT_DOUBLE_EQ(board.load(kKey, kQueued, kShape, now)->mean, 9);
}

TEST(LoadBoardThreads, ReportsAndReadersMayMeet) {
  std::atomic<int> woken = 0;
  LoadBoard board([&](const kube::ObjectKey&) { ++woken; });
  board.load(kKey, kConcurrency, kShape, base::MonoTime{1h});
  const auto reporting = [&](const std::string& gateway) {
    for (int i = 1; i <= 500; ++i)
      board.on_load({.gateway = gateway,
                     .sequence = i,
                     .revisions = {{.ns = "team", .name = "digits", .waiting = 1}}},
                    base::MonoTime{1h} + i * 1ms);
  };
  {
    std::jthread first([&] { reporting("a"); }), second([&] { reporting("b"); });
    for (int i = 0; i < 500; ++i)
      board.load(kKey, kConcurrency, kShape, base::MonoTime{1h} + i * 1ms);
  }
  EXPECT_EQ(woken, 1000);
  EXPECT_EQ(board.load(kKey, kConcurrency, kShape, base::MonoTime{1h} + 500ms)->waiting, 2);
}

}  // namespace
}  // namespace cresset::controllers::model_service::load_board_test
