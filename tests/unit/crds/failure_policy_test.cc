// What spec.failurePolicy of a TrainingJob may say, and by which words the rest is refused.
#include <gmock/gmock.h>

#include "crds/training_job.h"

namespace cresset::crds::failure_policy_test {
namespace {

using base::Json;
using ::testing::AllOf;
using ::testing::HasSubstr;

TrainingJob job_with(const Json& policy) {
  return *decode_training_job(
      {{"metadata", {{"name", "digits"}}},
       {"spec",
        {{"training", {{"data", {{"train", {{"uri", "s3://data/a.csv"}}}, {"label", "side"}}}}},
         {"output", {{"uri", "s3://models/a"}}},
         {"failurePolicy", policy}}}});
}
std::string error_of(const Json& policy) {
  const auto job = job_with(policy);
  return job.invalid ? job.invalid->message() : "";
}
std::string error_of_rule(const Json& rule) { return error_of({{"rules", Json::array({rule})}}); }

TEST(FailurePolicy, ARuleThatCannotBeIsRefusedByItsPlace) {
  const std::string place = "spec.failurePolicy.rules[0].";
  const Json codes = {1, 137};
  EXPECT_EQ(error_of_rule({{"exitCodes", codes}, {"action", "Fail"}}), "");
  EXPECT_THAT(error_of_rule({{"exitCodes", codes}}), HasSubstr(place + "action is required"));
  EXPECT_THAT(error_of_rule({{"action", "Fail"}}), HasSubstr(place + "exitCodes is required"));
  EXPECT_THAT(error_of_rule({{"exitCodes", codes}, {"action", "Ignore"}}),
              AllOf(HasSubstr(place + "action must be one of"), HasSubstr("Restart"),
                    HasSubstr("found \"Ignore\"")));
  EXPECT_THAT(error_of_rule({{"exitCodes", {1, 256}}, {"action", "Fail"}}),
              HasSubstr(place + "exitCodes[1] must be between 1 and 255, found 256"));
  EXPECT_THAT(error_of_rule({{"exitCodes", codes}, {"action", "Fail"}, {"message", "no space"}}),
              HasSubstr(place + "message"));
}

TEST(FailurePolicy, ThreeFailuresAreSurvivedUnlessItSaysOtherwise) {
  EXPECT_EQ(job_with(Json::object()).max_restarts, 3);
  EXPECT_EQ(job_with({{"maxRestarts", 0}}).max_restarts, 0);
}

TEST(FailurePolicy, ABudgetIsNotNegative) {
  EXPECT_EQ(error_of({{"maxRestarts", 0}}), "");
  EXPECT_THAT(
      error_of({{"maxRestarts", -1}}),
      HasSubstr("spec.failurePolicy.maxRestarts must be at least 0 and at most 10000, found -1"));
}

}  // namespace
}  // namespace cresset::crds::failure_policy_test
