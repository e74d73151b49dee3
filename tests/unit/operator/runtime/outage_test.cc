#include "operator/runtime/outage.h"

#include <gtest/gtest.h>

namespace cresset::runtime::outage_test {
namespace {

using namespace std::chrono_literals;

const base::MonoTime kBegin = base::MonoTime(1h);
const base::Result<void> kServed{};

base::Result<void> failed(const std::string& how) { return base::fail(base::unavailable(how)); }

TEST(Outage, IsNoneBeforeAnythingWasAsked) {
  const Outage outage{};
  EXPECT_FALSE(outage.is_long(kBegin + 24h));
  EXPECT_FALSE(outage.last());
  EXPECT_EQ(outage.told("list", kBegin), "");
}

TEST(Outage, IsLongTwoMinutesAfterTheFirstFailureHoweverOftenItIsTried) {
  Outage outage;
  outage.note(kServed, kBegin);
  for (auto passed = 60s; passed < 180s; passed += 1s)
    outage.note(failed("no answer"), kBegin + passed);
  EXPECT_FALSE(outage.is_long(kBegin + 180s - 1ms));
  EXPECT_TRUE(outage.is_long(kBegin + 180s));
}

TEST(Outage, DoesNotBeginWithWhatWasServedLast) {
  Outage outage;
  outage.note(kServed, kBegin);
  outage.note(failed("silent for too long"), kBegin + 119s);
  EXPECT_FALSE(outage.is_long(kBegin + 121s)) << "a quiet watch is no failure before it fails";
}

TEST(Outage, EndsWithTheFirstThatIsServedAndTheNextBeginsAnew) {
  Outage outage;
  outage.note(failed("no answer"), kBegin);
  ASSERT_TRUE(outage.is_long(kBegin + 2min));
  outage.note(base::Result<bool>(false), kBegin + 2min);
  EXPECT_FALSE(outage.is_long(kBegin + 2min));
  EXPECT_FALSE(outage.last());
  outage.note(failed("no answer"), kBegin + 3min);
  EXPECT_FALSE(outage.is_long(kBegin + 3min + 119s));
  EXPECT_TRUE(outage.is_long(kBegin + 5min));
}

TEST(Outage, DoesNotEndWithAWatchThatIsTakenUntilItHasLived) {
  Outage outage;
  outage.note(failed("no answer"), kBegin);
  outage.opened(kBegin + 115s);
  EXPECT_TRUE(outage.is_long(kBegin + 2min));
  EXPECT_TRUE(outage.is_long(kBegin + 125s - 1ms));
  EXPECT_FALSE(outage.is_long(kBegin + 125s));
  EXPECT_FALSE(outage.is_long(kBegin + 24h)) << "a quiet one is served for as long as it is open";
}

TEST(Outage, IsOneWhenAllWatchesAreTakenAndEndedAtOnce) {
  Outage failing, ending;
  for (auto passed = 0s; passed < 2min; passed += 1s) {
    for (Outage* outage : {&failing, &ending}) outage->opened(kBegin + passed);
    failing.note(failed("cut"), kBegin + passed);
    ending.ended(kBegin + passed);
  }
  for (const Outage* outage : {&failing, &ending}) {
    EXPECT_FALSE(outage->is_long(kBegin + 2min - 1ms));
    EXPECT_TRUE(outage->is_long(kBegin + 2min));
  }
}

TEST(Outage, BeginsAnewWhenAWatchThatLivedFails) {
  Outage outage;
  outage.note(failed("no answer"), kBegin);
  outage.opened(kBegin + 1s);
  outage.note(failed("cut"), kBegin + 11s);
  EXPECT_FALSE(outage.is_long(kBegin + 131s - 1ms));
  EXPECT_TRUE(outage.is_long(kBegin + 131s));
}

TEST(Outage, EndsWithAWatchThatEndsAfterItLivedOrToldSomething) {
  for (const bool told : {false, true}) {
    Outage outage;
    outage.note(failed("no answer"), kBegin);
    outage.opened(kBegin + 1s);
    if (told) outage.served();
    outage.ended(kBegin + (told ? 1s : 11s));
    EXPECT_FALSE(outage.last());
  }
}

TEST(Outage, IsToldWithItsLengthAndTheLastError) {
  Outage outage;
  outage.note(failed("no route"), kBegin);
  outage.note(failed("etcdserver: no leader (HTTP 503)"), kBegin + 3min);
  EXPECT_EQ(outage.told("list or watch of pods", kBegin + 5min + 59s),
            "the API server has served no list or watch of pods for 5 minutes; last: etcdserver: "
            "no leader (HTTP 503)");
}

}  // namespace
}  // namespace cresset::runtime::outage_test
