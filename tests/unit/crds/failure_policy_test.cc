// What spec.failurePolicy of a TrainingJob may say, by which words the rest is refused, and which
// rule decides.
#include "crds/failure_policy.h"

#include <gmock/gmock.h>

#include "crds/training_job.h"
#include "tests/support/schema_parity.h"

namespace cresset::crds::failure_policy_test {
namespace {

using base::Json;
using ::testing::AllOf;
using ::testing::HasSubstr;

TrainingJob job_with(const Json& policy, const Json& more = Json::object()) {
  Json spec = {
      {"training", {{"data", {{"train", {{"uri", "s3://data/a.csv"}}}, {"label", "side"}}}}},
      {"output", {{"uri", "s3://models/a"}}},
      {"failurePolicy", policy}};
  spec.update(more);
  return *decode_training_job({{"metadata", {{"name", "digits"}}}, {"spec", spec}});
}
std::string error_of(const Json& policy, const Json& more = Json::object()) {
  const auto job = job_with(policy, more);
  return job.invalid ? job.invalid->message() : "";
}
std::string error_of_rule(const Json& rule) { return error_of({{"rules", Json::array({rule})}}); }

TEST(FailurePolicy, ARuleThatCannotBeIsRefusedByItsPlace) {
  const std::string place = "spec.failurePolicy.rules[0].";
  const Json codes = {1, 137};
  EXPECT_EQ(error_of_rule({{"exitCodes", codes}, {"action", "Fail"}}), "");
  EXPECT_THAT(error_of_rule({{"exitCodes", codes}}), HasSubstr(place + "action is required"));
  EXPECT_THAT(error_of_rule({{"exitCodes", codes}, {"action", "Ignore"}}),
              AllOf(HasSubstr(place + "action must be one of"), HasSubstr("RestartUncharged"),
                    HasSubstr("found \"Ignore\"")));
  EXPECT_THAT(error_of_rule({{"exitCodes", {1, 256}}, {"action", "Fail"}}),
              HasSubstr(place + "exitCodes[1] must be between 1 and 255, found 256"));
  EXPECT_THAT(error_of_rule({{"exitCodes", codes}, {"action", "Fail"}, {"message", "no space"}}),
              HasSubstr(place + "message"));
  EXPECT_THAT(error_of_rule({{"signals", {"SIGKILL", "KILL"}}, {"action", "Fail"}}),
              AllOf(HasSubstr(place + "signals[1] must be one of SIGHUP, SIGINT"),
                    HasSubstr("found \"KILL\"")));
  EXPECT_THAT(error_of_rule({{"reasons", {"OutOfMemory"}}, {"action", "Fail"}}),
              AllOf(HasSubstr(place + "reasons[0] must be one of BadInput, ExitCode"),
                    HasSubstr("found \"OutOfMemory\"")));
}

TEST(FailurePolicy, ARuleNamesAtLeastOneConditionAndNoEmptyOne) {
  const std::string place = "spec.failurePolicy.rules[0]";
  EXPECT_EQ(error_of_rule({{"action", "Fail"}}),
            place + " needs one of exitCodes, signals and reasons, found none");
  for (const std::string empty : {"signals", "reasons"})
    EXPECT_THAT(error_of_rule({{"action", "Fail"}, {"exitCodes", {1}}, {empty, Json::array()}}),
                HasSubstr(place + "." + empty + " is empty; at least one of it is needed"));
}

TEST(FailurePolicy, AnEmptyListOfCodesWhichEarlierReleasesTookFitsNothing) {
  const Json rule = {{"exitCodes", Json::array()}, {"action", "Fail"}};
  const auto job = job_with({{"rules", {rule}}});
  EXPECT_FALSE(job.invalid) << job.invalid->message();
  EXPECT_EQ(judge(job.failure_policy, {cause::kExitCode, 1}).rule, nullptr);
  EXPECT_EQ(encode(job.failure_policy)["rules"][0], rule);
}

TEST(FailurePolicy, ANameIsALabel) {
  const auto error = [](const std::string& name) {
    return error_of_rule({{"name", name}, {"reasons", {"Drained"}}, {"action", "Fail"}});
  };
  for (const auto* name : {"oom", "Out-of_memory.2", "7"}) EXPECT_EQ(error(name), "") << name;
  for (const auto* name : {"out of memory", "a\nb", "-a", "a.", "\x1b[31m", "é"})
    EXPECT_THAT(error(name), HasSubstr("spec.failurePolicy.rules[0].name must be letters")) << name;
}

TEST(FailurePolicy, ABudgetOfARuleHasANameAndTheActionRestart) {
  EXPECT_EQ(
      error_of_rule(
          {{"name", "oom"}, {"reasons", {"OOMKilled"}}, {"action", "Restart"}, {"maxRestarts", 2}}),
      "");
  EXPECT_EQ(error_of_rule({{"reasons", {"OOMKilled"}}, {"action", "Restart"}, {"maxRestarts", 2}}),
            "spec.failurePolicy.rules[0].name is required with maxRestarts, which is counted under "
            "it");
  EXPECT_EQ(error_of_rule({{"name", "oom"},
                           {"reasons", {"OOMKilled"}},
                           {"action", "RestartUncharged"},
                           {"maxRestarts", 2}}),
            "spec.failurePolicy.rules[0].maxRestarts goes with action Restart only, found action "
            "RestartUncharged");
}

TEST(FailurePolicy, TwoRulesHaveTwoNames) {
  const Json rule = {{"name", "oom"}, {"reasons", {"OOMKilled"}}, {"action", "Restart"}};
  Json other = rule;
  EXPECT_EQ(error_of({{"rules", {rule, other}}}),
            "spec.failurePolicy.rules[1].name \"oom\" is that of rules[0] too");
  other["name"] = "memory";
  EXPECT_EQ(error_of({{"rules", {rule, other}}}), "");
}

TEST(FailurePolicy, ThreeFailuresAreSurvivedUnlessItSaysOtherwise) {
  EXPECT_EQ(job_with(Json::object()).failure_policy.max_restarts, 3);
  EXPECT_EQ(job_with({{"maxRestarts", 0}}).failure_policy.max_restarts, 0);
}

TEST(FailurePolicy, ABudgetIsNotNegative) {
  EXPECT_EQ(error_of({{"maxRestarts", 0}}), "");
  EXPECT_THAT(
      error_of({{"maxRestarts", -1}}),
      HasSubstr("spec.failurePolicy.maxRestarts must be at least 0 and at most 10000, found -1"));
}

TEST(FailurePolicy, StepsThatRefillItNeedCheckpoints) {
  EXPECT_EQ(error_of({{"refillSteps", 100}}, {{"checkpoint", {{"uri", "s3://models/c"}}}}), "");
  EXPECT_EQ(error_of({{"refillSteps", 100}}),
            "spec.failurePolicy.refillSteps needs spec.checkpoint, without which no step is kept");
}

TEST(FailurePolicy, TheSchemaNamesTheCausesThatThereAre) {
  const Json schema = testing::field_schema("helm/cresset/schemas/training_job.yaml", "spec");
  const Json& rule =
      *base::find(schema, "/properties/failurePolicy/properties/rules/items/properties");
  EXPECT_EQ(rule["reasons"]["items"]["enum"], Json(kCauses));
  const Json& signals = rule["signals"]["items"]["enum"];
  for (const Json& signal : signals)
    EXPECT_EQ(error_of_rule({{"signals", {signal}}, {"action", "Fail"}}), "") << signal;
  std::string known;  // all that decoding takes, in its words
  for (const Json& signal : signals)
    known += (known.empty() ? "" : ", ") + signal.get<std::string>();
  EXPECT_THAT(error_of_rule({{"signals", {"KILL"}}, {"action", "Fail"}}),
              HasSubstr("must be one of " + known + ", found"));
  EXPECT_EQ(rule["signals"]["maxItems"], signals.size());
}

// Which of the rules decides about an end; "" = none does.
std::string decides(const FailurePolicy& policy, const WorkerEnd& end) {
  const Verdict verdict = judge(policy, end);
  return verdict.rule == nullptr ? "" : verdict.rule->name;
}

TEST(FailurePolicy, AllThatARuleNamesMustFitAndTheFirstThatFitsDecides) {
  using Codes = std::vector<int64_t>;
  const FailurePolicy policy{
      .rules = {{.name = "killed, not for memory",
                 .signals = {"SIGKILL", "SIGBUS"},
                 .reasons = {"Signal"}},
                {.name = "three, said by itself", .exit_codes = Codes{3}, .reasons = {"ExitCode"}},
                {.name = "three", .exit_codes = Codes{3, 4}},
                {.name = "memory or drain", .reasons = {"OOMKilled", "Drained"}},
                {.name = "never", .exit_codes = Codes{137}, .signals = {"SIGTERM"}}}};
  const std::vector<std::pair<WorkerEnd, std::string>> table{
      {{cause::kSignal, 137}, "killed, not for memory"},
      {{cause::kSignal, 135}, "killed, not for memory"},
      {{cause::kOomKilled, 137}, "memory or drain"},
      {{cause::kSignal, 143}, ""},
      {{cause::kExitCode, 3}, "three, said by itself"},
      {{cause::kExitCode, 4}, "three"},
      {{cause::kBadInput, 3}, "three"},
      {{cause::kExitCode, 5}, ""},
      {{cause::kExitCode, 9}, ""},  // no signal
      {{cause::kDrained, std::nullopt}, "memory or drain"},
      {{cause::kEvicted, std::nullopt}, ""},
      {{cause::kRankEnded, std::nullopt}, ""},
      {{cause::kPodFailed, std::nullopt}, ""}};
  for (const auto& [end, name] : table)
    EXPECT_EQ(decides(policy, end), name) << end.cause << " " << end.exit_code.value_or(-1);
}

TEST(FailurePolicy, ACodeOfASignalIsOneThatKills) {
  for (const int code : {129, 134, 137, 138, 139, 140, 143, 158})
    EXPECT_EQ(cause_of_code(code), cause::kSignal);
  for (const int code : {1, 9, 11, 127, 128, 145, 255})
    EXPECT_EQ(cause_of_code(code), cause::kExitCode) << code;
}

TEST(FailurePolicy, ABudgetIsCalledByItsField) {
  const FailurePolicy policy{.max_restarts = 5,
                             .rules = {{.reasons = {"Signal"}, .action = FailureAction::kRestart},
                                       {.name = "oom",
                                        .reasons = {"OOMKilled"},
                                        .action = FailureAction::kRestart,
                                        .max_restarts = 2}}};
  const auto common = judge(policy, {cause::kSignal, 137}),
             own = judge(policy, {cause::kOomKilled, 137});
  EXPECT_EQ(budget_field(policy, common), "spec.failurePolicy.maxRestarts");
  EXPECT_EQ(restarts_allowed(policy, common), 5);
  EXPECT_EQ(budget_field(policy, own), "maxRestarts of spec.failurePolicy.rules[1] (oom)");
  EXPECT_EQ(restarts_allowed(policy, own), 2);
  EXPECT_EQ(describe_rule(policy, policy.rules[0]), "spec.failurePolicy.rules[0]");
}

TEST(Budgets, AreSpentOneByOneAndStopAtTheirEnd) {
  const FailurePolicy policy{
      .max_restarts = 1,
      .rules = {{.name = "oom",
                 .reasons = {"OOMKilled"},
                 .action = FailureAction::kRestart,
                 .max_restarts = 1},
                {.reasons = {"Signal"}, .action = FailureAction::kRestartUncharged}}};
  const auto common = judge(policy, {cause::kExitCode, 3}),
             own = judge(policy, {cause::kOomKilled, 137}),
             free = judge(policy, {cause::kSignal, 139});
  Budgets budgets;
  EXPECT_TRUE(budgets.spend(policy, own, 10));
  EXPECT_TRUE(budgets.spend(policy, common, 20));
  EXPECT_TRUE(budgets.spend(policy, free, 30));
  const Budgets spent{.restarts = 1, .restarts_by_rule = {{"oom", 1}}, .budget_step = 20};
  EXPECT_EQ(budgets, spent);
  EXPECT_FALSE(budgets.spend(policy, own, 40));
  EXPECT_FALSE(budgets.spend(policy, common, 40));
  EXPECT_EQ(budgets, spent) << "nothing done";
}

TEST(Budgets, AreWholeAgainByStepsThatWereNeverTrainedBeforeAlone) {
  const FailurePolicy policy{.max_restarts = 3, .refill_steps = 100};
  const Verdict verdict = judge(policy, {cause::kExitCode, 3});
  Budgets budgets;
  EXPECT_FALSE(budgets.refill(policy, 1000)) << "nothing is spent";
  EXPECT_TRUE(budgets.spend(policy, verdict, 400));
  EXPECT_TRUE(budgets.spend(policy, verdict, 210)) << "400 could not be read";
  EXPECT_TRUE(budgets.spend(policy, verdict, std::nullopt)) << "before the round had one";
  for (const int step : {310, 400, 499}) EXPECT_FALSE(budgets.refill(policy, step)) << step;
  EXPECT_TRUE(budgets.refill(policy, 500));
  EXPECT_EQ(budgets.restarts, 0);
  EXPECT_TRUE(budgets.spend(policy, verdict, 300));
  EXPECT_FALSE(budgets.refill(policy, 599));
  EXPECT_TRUE(budgets.refill(policy, 600));
}

}  // namespace
}  // namespace cresset::crds::failure_policy_test
