#include "operator/runtime/event_series.h"

#include <gtest/gtest.h>

#include "tests/unit/operator/runtime/event_samples.h"

namespace cresset::runtime::event_series_test {
namespace {

using event_samples::kCreated;
using event_samples::kJob;
using namespace std::chrono_literals;

class Series : public ::testing::Test {
 protected:
  std::vector<EventWrite> observe(const ObjectReference& about, const EventNote& note) {
    return series_.observe(about, note, clock_.wall(), clock_.mono());
  }
  base::ManualClock clock_;
  EventSeries series_{"cresset", "operator-0"};
};

TEST_F(Series, TheFirstEventIsCreatedWithAllThatTheApiRequires) {
  const auto writes = observe(kJob, kCreated);
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_TRUE(writes[0].create);
  base::Json object = writes[0].object;
  EXPECT_EQ(object["metadata"]["name"].get<std::string>().find("digits."), 0U);
  object["metadata"].erase("name");
  EXPECT_EQ(object, base::Json::parse(R"({
    "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"namespace": "team"},
    "eventTime": "2026-01-01T00:00:00.000000Z", "type": "Normal", "reason": "PodCreated",
    "action": "CreatePod", "note": "created pod digits-0",
    "regarding": {"apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob",
                  "namespace": "team", "name": "digits", "uid": "u1"},
    "reportingController": "cresset", "reportingInstance": "operator-0"})"));
}

TEST_F(Series, ALongNameThatIsCutAtADotOrADashIsStillAName) {
  ObjectReference about = kJob;
  for (const std::string end : {".", "-", "-.", "a"}) {
    about.name = std::string(236 - end.size(), 'a') + end + std::string(17, 'b');
    const std::string name = observe(about, kCreated)[0].key.name;
    EXPECT_LE(name.size(), 253U);
    EXPECT_EQ(name.find("a."), name.find('.') - 1) << name;
  }
}

TEST_F(Series, TheSecondMakesASeriesAndLaterOnesAreOnlyCounted) {
  const auto first = observe(kJob, kCreated);
  clock_.advance(1s);
  const auto second = observe(kJob, kCreated);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_FALSE(second[0].create);
  EXPECT_EQ(second[0].key, first[0].key);
  EXPECT_EQ(second[0].patch,
            base::Json::parse(
                R"({"series": {"count": 2, "lastObservedTime": "2026-01-01T00:00:01.000000Z"}})"));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(observe(kJob, kCreated).empty());
}

TEST_F(Series, ALongSeriesIsWrittenEveryHalfHour) {
  observe(kJob, kCreated);
  observe(kJob, kCreated);
  clock_.advance(30min);
  const auto refreshed = observe(kJob, kCreated);
  ASSERT_EQ(refreshed.size(), 1U);
  EXPECT_EQ(refreshed[0].patch["series"]["count"], 3);
}

TEST_F(Series, AQuietSeriesIsClosedWithItsCountAndForgotten) {
  for (int i = 0; i < 5; ++i) observe(kJob, kCreated);
  clock_.advance(5min);
  EXPECT_TRUE(series_.sweep(clock_.mono()).empty());
  clock_.advance(1min);
  const auto closed = series_.sweep(clock_.mono());
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0].patch["series"]["count"], 5);
  EXPECT_EQ(series_.size(), 0U);
  EXPECT_TRUE(observe(kJob, kCreated)[0].create);
}

TEST_F(Series, DifferentObjectsReasonsAndNotesAreDifferentEvents) {
  auto recreated = kJob;
  recreated.uid = base::Uid("u2");
  auto other = kCreated;
  other.note = "created pod digits-1";
  EXPECT_TRUE(observe(kJob, kCreated)[0].create);
  EXPECT_TRUE(observe(recreated, kCreated)[0].create);
  EXPECT_TRUE(observe(kJob, other)[0].create);
}

TEST_F(Series, ALongNoteIsCutBetweenCharacters) {
  auto note = kCreated;
  note.note = "x";
  for (int i = 0; i < 600; ++i) note.note += "\u00e4";
  const auto written = observe(kJob, note)[0].object["note"].get<std::string>();
  EXPECT_LE(written.size(), 1024U);
  EXPECT_GT(written.size(), 1018U);
  EXPECT_EQ(base::Json::parse(base::dump(written)), base::Json(written));
}

TEST_F(Series, AnEventAboutAClusterScopedObjectGoesToTheDefaultNamespace) {
  const auto writes = observe({"v1", "Node", "", "n1", base::Uid("u")}, kCreated);
  EXPECT_EQ(writes[0].key.ns, "default");
  EXPECT_FALSE(writes[0].object["regarding"].contains("namespace"));
}

TEST_F(Series, ManyDifferentEventsDoNotFillTheMemory) {
  for (int i = 0; i < 5000; ++i) {
    auto note = kCreated;
    note.note = std::to_string(i);
    observe(kJob, note);
  }
  EXPECT_EQ(series_.size(), 4096U);
}

}  // namespace
}  // namespace cresset::runtime::event_series_test
