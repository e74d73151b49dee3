#include "crds/training_job.h"

#include <gmock/gmock.h>

#include "crds/worker_contract/architectures.h"
#include "crds/worker_contract/optimizers.h"
#include "tests/support/schema_parity.h"
#include "tests/unit/crds/job_specs.h"

namespace cresset::crds {
namespace {

using base::Json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TrainingJob decode(const Json& spec) {
  return *decode_training_job(
      {{"metadata", {{"name", "digits"}, {"namespace", "team"}}}, {"spec", spec}});
}

std::string error_of(const Json& spec) {
  const auto job = decode(spec);
  return job.invalid ? job.invalid->message() : "";
}

Json with(const std::string& pointer, Json value) {
  Json spec = least();
  spec[Json::json_pointer(pointer)] = std::move(value);
  return spec;
}

TEST(TrainingJobSchema, AgreesWithTheCodec) {
  std::vector<Json> samples = every_architecture();
  samples.insert(samples.end(), {every_field(), mlp_with_a_validation_set(), with_one_cycle(),
                                 with_every_step(), pretrained(), of_a_module(), of_numbers(),
                                 of_joined_texts(), in_google_buckets()});
  EXPECT_THAT(
      testing::parity_findings(
          {.schema = testing::field_schema("helm/cresset/schemas/training_job.yaml", "spec"),
           .samples = std::move(samples),
           .decode = [](const Json& spec) -> base::Result<void> {
             if (const auto job = decode(spec); job.invalid) return base::fail(*job.invalid);
             return {};
           },
           .opaque = {"spec.workers.resources", "spec.workers.tolerations",
                      "spec.workers.nodeSelector", "spec.workers.template",
                      "spec.training.model.parameters.hidden"}}),
      IsEmpty());
}

TEST(TrainingJobSchema, NamesTheArchitecturesThatThereAreAndTheStructDefaultsToTheFirst) {
  const Json schema = testing::field_schema("helm/cresset/schemas/training_job.yaml", "spec");
  const Json& architecture =
      *base::find(schema, "/properties/training/properties/model/properties/architecture");
  EXPECT_EQ(architecture["enum"], Json(worker_contract::architecture_names()));
  EXPECT_FALSE(architecture.contains("default")) << "with a uri, it is that of the model there";
  EXPECT_EQ(worker_contract::ModelSpec{}.architecture,
            worker_contract::architectures().front().name);
}

TEST(TrainingJobSchema, NamesTheOptimizersThatThereAre) {
  const Json schema = testing::field_schema("helm/cresset/schemas/training_job.yaml", "spec");
  const Json& name =
      *base::find(schema, "/properties/training/properties/optimizer/properties/name");
  EXPECT_EQ(name["enum"], Json(worker_contract::optimizer_names()));
  EXPECT_EQ(name["default"], worker_contract::OptimizerSpec{}.name);
}

TEST(TrainingJobSchema, NamesTheMetricsThatThereAre) {
  const Json schema = testing::field_schema("helm/cresset/schemas/training_job.yaml", "spec");
  const Json& metric =
      *base::find(schema, "/properties/training/properties/earlyStopping/properties/metric/enum");
  const auto known = worker_contract::metrics_of("");
  EXPECT_EQ(metric, Json(std::vector<std::string_view>(known.begin(), known.end())));
}

TEST(TrainingJobSchema, NamesTheGoalsThatThereAreAndTheirMetrics) {
  const Json schema = testing::field_schema("helm/cresset/schemas/training_job.yaml", "spec");
  const Json& training = *base::find(schema, "/properties/training");
  const auto goals = worker_contract::goal_names();
  EXPECT_EQ(*base::find(training, "/properties/goal/properties/name/enum"),
            Json(std::vector<std::string_view>(goals.begin(), goals.end())));
  const std::string rules = training["x-kubernetes-validations"].dump();
  for (const auto goal : goals) {
    std::string list;
    for (const auto metric : worker_contract::metrics_of(goal))
      list += (list.empty() ? "'" : ", '") + std::string(metric) + "'";
    EXPECT_THAT(rules, HasSubstr("'" + std::string(goal) + "': [" + list + "]"));
  }
}

TEST(TrainingJobSchema, HasTheDefaultsOfTheStruct) {
  const Json schema = testing::field_schema("helm/cresset/schemas/training_job.yaml", "spec");
  for (const Json& spec : {least(), mlp_with_a_validation_set(), stops_early(),
                           with("/checkpoint", {{"uri", "s3://models/c"}})})
    EXPECT_EQ(encode_spec(decode(testing::with_defaults(schema, spec))), encode_spec(decode(spec)));
}

TEST(TrainingJobSchema, KnowsEveryFieldOfTheStatus) {
  TrainingJobStatus status;
  status.state = "Running";
  status.conditions = {{.type = "Running", .reason = "A", .message = "b"}};
  status.conditions[0].last_transition = base::WallTime{};
  status.conditions[0].observed_generation = 1;
  status.workers_ready = 1;
  status.workers_total = 2;
  status.step = 120;
  status.total_steps = 500;
  status.epoch = 2;
  status.loss = 0.5;
  status.samples_per_second = 1250;
  status.remaining_seconds = 90;
  status.bad_rows = 3;
  status.metrics = {{"accuracy", 0.9}};
  status.resumed_from_step = 100;
  status.checkpoint_step = 100;
  status.checkpoint_time = base::WallTime{};
  status.restarts = 1;
  status.restarts_by_rule = {{"killed", 2}};
  status.restarts_by_cause = {{"OOMKilled", 3}, {"Signal", 2}};
  status.budget_step = 100;
  status.disruptions = 1;
  status.disrupted_round = 1;
  status.round = 2;
  status.world_size = 2;
  status.members = "0-1";
  status.members_digest = "sha256:ab";
  status.attempts = "1:2";
  status.template_digest = "sha256:ab";
  status.selector = "a=b";
  status.model_uri = "s3://models/digits/1";
  status.model_digest = "sha256:ab";
  status.start_time = base::WallTime{};
  status.completion_time = base::WallTime{};
  status.progress_time = base::WallTime{};
  status.observed_generation = 1;
  const Json schema = testing::field_schema("helm/cresset/schemas/training_job.yaml", "status");
  auto used = testing::value_paths(encode(status), "status");
  EXPECT_EQ(used.erase("status.metrics.accuracy"), 1U);
  EXPECT_EQ(used, testing::schema_paths(schema, "status"));
  EXPECT_EQ(decode_training_job_status(encode(status)), status);
  EXPECT_EQ(decode_training_job_status(encode(TrainingJobStatus{})), TrainingJobStatus{});
}

TEST(TrainingJobTest, GoesThroughJsonUnchanged) {
  for (const Json& spec :
       {every_field(), mlp_with_a_validation_set(), with_one_cycle(), of_numbers(), least()}) {
    const auto job = decode(spec);
    ASSERT_FALSE(job.invalid) << job.invalid->message();
    const auto again = decode(encode_spec(job));
    ASSERT_FALSE(again.invalid) << again.invalid->message();
    EXPECT_EQ(encode_spec(again), encode_spec(job));
    EXPECT_EQ(again.workers, job.workers);
    EXPECT_EQ(again.config, job.config);
    EXPECT_EQ(again.failure_policy, job.failure_policy);
  }
}

TEST(TrainingJobTest, TheWorkerIsToldWhatTheSpecSays) {
  const auto job = decode(every_field());
  EXPECT_EQ(job.config.name, "digits");
  EXPECT_EQ(job.config.workers, 4);
  EXPECT_EQ(job.config.processes_per_worker, 2);
  EXPECT_EQ(job.config.progress_deadline_seconds, 300);
}

TEST(TrainingJobTest, MinCountAndMaxMustBeInOrder) {
  EXPECT_THAT(error_of(with("/workers", {{"min", 3}, {"max", 2}})),
              HasSubstr("spec.workers.min must not be above max, found 3 and 2"));
  EXPECT_THAT(error_of(with("/workers", {{"count", 1}, {"min", 2}})),
              HasSubstr("spec.workers.count must not be below min, found 1 and 2"));
  EXPECT_THAT(error_of(with("/workers", {{"count", 3}, {"max", 2}})),
              HasSubstr("spec.workers.count must not be above max, found 3 and 2"));
}

TEST(TrainingJobTest, AWrongSpecIsKeptWithWords) {
  const auto job = decode(with("/workers", {{"count", 0}}));
  ASSERT_TRUE(job.invalid);
  EXPECT_EQ(job.meta.name, "digits");
  EXPECT_THAT(job.invalid->message(), HasSubstr("spec.workers.count must be at least 1"));
  EXPECT_THAT(error_of(with("/framework", "Torch")),
              AllOf(HasSubstr("spec.framework"), HasSubstr("Cresset"), HasSubstr("Torch")));
  EXPECT_THAT(
      error_of(with("/failurePolicy", {{"rules", {{{"exitCodes", {0}}, {"action", "Fail"}}}}})),
      HasSubstr("spec.failurePolicy.rules[0].exitCodes[0]"));
  EXPECT_THAT(error_of(with("/cleanUpPolicy", "Failed")),
              HasSubstr("spec.cleanUpPolicy must be one of None, Running, All"));
  EXPECT_THAT(error_of(Json::object()), HasSubstr("spec.training is required"));
  EXPECT_THAT(error_of(with("/training/epochs", "many")), HasSubstr("spec.training.epochs"));
}

TEST(TrainingJobTest, IsCressetsUnlessItSaysWhoseElse) {
  EXPECT_TRUE(decode(least()).managed_here());
  EXPECT_TRUE(decode(with("/managedBy", kManager)).managed_here());
  EXPECT_FALSE(decode(with("/managedBy", "kueue.x-k8s.io/multikueue")).managed_here());
}

TEST(TrainingJobTest, AManagerIsADomainAndAPath) {
  for (const char* manager : {"a/b", "acme.example/queue", "my-own.acme.example/a/b:c~(1)"})
    EXPECT_EQ(error_of(with("/managedBy", manager)), "") << manager;
  for (const char* manager :
       {"", "acme", "acme.example", "acme.example/", "/queue", "Acme.example/queue", "-a/b", "a-/b",
        ".a/b", "a./b", "a..b/c", "a.-b/c", "a b/c", "a/b c", "a/ü"})
    EXPECT_EQ(error_of(with("/managedBy", manager)),
              "spec.managedBy must be a domain and a path, as acme.example/queue, found \"" +
                  std::string(manager) + "\"");
  EXPECT_THAT(error_of(with("/managedBy", "a/" + std::string(62, 'b'))),
              HasSubstr("spec.managedBy"));
}

TEST(TrainingJobTest, AnObjectWithoutANameIsRefused) {
  const auto job = decode_training_job(Json::object());
  ASSERT_FALSE(job);
  EXPECT_THAT(job.error().message(), HasSubstr("metadata.name is required"));
}

}  // namespace
}  // namespace cresset::crds
