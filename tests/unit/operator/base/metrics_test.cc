#include "operator/base/metrics.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

namespace cresset::base {
namespace {

using ::testing::HasSubstr;

TEST(Metrics, AreRenderedForPrometheus) {
  Metrics metrics;
  metrics.counter("made_total", "Things made", {{"kind", "a"}}).add(2);
  metrics.gauge("open", "Open things").set(7);
  metrics.gauge("open", "Open things").add(-3);
  metrics.histogram("seconds", "Durations", {0.1, 1}).observe(0.5);
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("# HELP made_total Things made\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE made_total counter\n"));
  EXPECT_THAT(text, HasSubstr("made_total{kind=\"a\"} 2"));
  EXPECT_THAT(text, HasSubstr("open 4"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"0.1\"} 0"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"1\"} 1"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"+Inf\"} 1"));
  EXPECT_THAT(text, HasSubstr("seconds_sum 0.5"));
}

TEST(Metrics, OfTheSameNameAndLabelsAreTheSame) {
  Metrics metrics;
  auto& one = metrics.counter("n", "N", {{"a", "1"}});
  EXPECT_EQ(&one, &metrics.counter("n", "N", {{"a", "1"}}));
  EXPECT_NE(&one, &metrics.counter("n", "N", {{"a", "2"}}));
}

TEST(Metrics, WhoseLabelsUsersInventAreBounded) {
  Metrics metrics;
  constexpr size_t kMore = 5000;
  for (size_t i = 0; i < kMostSeries + kMore; ++i) {
    const std::string name = "service-" + std::to_string(i);
    metrics.counter("asked_total", "Asked", {{"service", name}, {"code", "200"}}).add();
    metrics.gauge("there", "There", {{"service", name}}).set(1);
    metrics.histogram("seconds", "Seconds", {1}, {{"service", name}}).observe(2);
  }
  metrics.counter("asked_total", "Asked", {{"service", "service-0"}, {"code", "200"}}).add();
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("asked_total{code=\"other\",service=\"other\"} 5000\n"));
  EXPECT_THAT(text, HasSubstr("asked_total{code=\"200\",service=\"service-0\"} 2\n"));
  const auto lines_of = [&](const std::string& start) {
    size_t count = 0;
    for (size_t at = text.find("\n" + start); at != text.npos; at = text.find("\n" + start, at + 1))
      ++count;
    return count;
  };
  EXPECT_EQ(lines_of("asked_total{"), kMostSeries + 1);
  EXPECT_EQ(lines_of("there{"), kMostSeries + 1);
  EXPECT_EQ(lines_of("seconds_count{"), kMostSeries + 1);
}

TEST(Metrics, ALabelWithQuotesAndLineBreaksEndsNeitherItsValueNorItsLine) {
  Metrics metrics;
  metrics.counter("n", "N", {{"a", "\"} 1\nforged 2\n\\"}}).add(3);
  EXPECT_THAT(metrics.render(), HasSubstr("\nn{a=\"\\\"} 1\\nforged 2\\n\\\\\"} 3"));
}

TEST(Metrics, MayBeMovedFromManyThreads) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) metrics.counter("n", "N").add();
      });
  }
  EXPECT_THAT(metrics.render(), HasSubstr("n 4000"));
}

TEST(Metrics, ThatHoldForAMomentAreMovedAtEachRenderUntilLetGo) {
  Metrics metrics;
  auto& age = metrics.gauge("age", "Age");
  int now = 0;
  auto held = metrics.before_render([&] { age.set(++now); });
  EXPECT_THAT(metrics.render(), HasSubstr("age 1\n"));
  EXPECT_THAT(metrics.render(), HasSubstr("age 2\n"));
  held.reset();
  EXPECT_THAT(metrics.render(), HasSubstr("age 2\n"));
}

TEST(Metrics, AreNotMovedAnyMoreOnceLettingGoIsOver) {
  Metrics metrics;
  std::atomic<bool> entered = false;
  std::atomic<bool> may_end = false;
  std::atomic<bool> ended = false;
  auto held = metrics.before_render([&] {
    entered = true;
    entered.notify_all();
    may_end.wait(false);
    ended = true;
  });
  std::jthread renders([&] { metrics.render(); });
  entered.wait(false);
  std::jthread lets_go([&] {
    held.reset();
    EXPECT_TRUE(ended);
  });
  may_end = true;
  may_end.notify_all();
}

TEST(Metrics, MayEndBeforeWhoMovesThemAtARender) {
  std::shared_ptr<void> held;
  {
    Metrics metrics;
    held = metrics.before_render([] {});
  }
  held.reset();
}

TEST(Metrics, DurationsReachFromAMillisecondToHalfAMinute) {
  const auto bounds = duration_bounds();
  EXPECT_EQ(bounds.front(), 0.001);
  EXPECT_EQ(bounds.back(), 30);
  EXPECT_TRUE(std::is_sorted(bounds.begin(), bounds.end()));
}

}  // namespace
}  // namespace cresset::base
