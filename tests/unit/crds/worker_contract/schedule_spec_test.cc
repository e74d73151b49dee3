#include "crds/worker_contract/schedule_spec.h"

#include <gmock/gmock.h>

namespace cresset::worker_contract {
namespace {

using base::Json;
using testing::AllOf;
using testing::HasSubstr;

std::string error_of_schedule(const Json& json) {
  const auto decoded = decode_schedule(json, "schedule");
  return decoded ? "" : decoded.error().message();
}

TEST(ScheduleSpec, AbsentTheLearningRateStays) {
  EXPECT_EQ(decode_schedule(Json::object(), "schedule").value(), ScheduleSpec{});
  EXPECT_EQ(ScheduleSpec{}.name, "Constant");
}

TEST(ScheduleSpec, IsTheSameAfterBeingWritten) {
  for (const Json& json :
       {Json{{"name", "Constant"}, {"warmupSteps", 5}, {"warmupStartFactor", 0.5}},
        Json{{"name", "Step"}, {"stepSize", 30}, {"gamma", 0.5}, {"warmupFraction", 0.1}},
        Json{{"name", "Cosine"}, {"etaMin", 0.01}},
        Json{{"name", "OneCycle"}, {"pctStart", 0.2}, {"annealStrategy", "Linear"}}}) {
    const auto schedule = decode_schedule(json, "schedule");
    ASSERT_TRUE(schedule) << schedule.error().message();
    EXPECT_EQ(decode_schedule(encode(*schedule), "schedule").value(), *schedule) << json;
    EXPECT_EQ(encode(*schedule)["name"], json["name"]);
  }
}

TEST(ScheduleSpec, WhatGoesNotTogetherIsNamed) {
  EXPECT_THAT(error_of_schedule({{"name", "cosine"}}),
              AllOf(HasSubstr("schedule.name"), HasSubstr("OneCycle"), HasSubstr("cosine")));
  EXPECT_THAT(error_of_schedule({{"name", "Step"}}), HasSubstr("schedule.stepSize is required"));
  EXPECT_THAT(error_of_schedule({{"gamma", 0.5}}),
              AllOf(HasSubstr("schedule.gamma"), HasSubstr("warmupFraction, warmupStartFactor")));
  EXPECT_THAT(error_of_schedule({{"name", "Cosine"}, {"pctStart", 0.5}}),
              AllOf(HasSubstr("schedule.pctStart"), HasSubstr("etaMin")));
  EXPECT_THAT(error_of_schedule({{"name", "OneCycle"}, {"warmupSteps", 5}}),
              AllOf(HasSubstr("schedule.warmupSteps"), HasSubstr("divFactor")));
  EXPECT_THAT(error_of_schedule({{"warmupSteps", 5}, {"warmupFraction", 0.1}}),
              HasSubstr("one of warmupSteps and warmupFraction, found both"));
  EXPECT_THAT(error_of_schedule({{"warmupStartFactor", 0.5}}),
              HasSubstr("schedule.warmupStartFactor needs one of warmupSteps and warmupFraction"));
}

}  // namespace
}  // namespace cresset::worker_contract
