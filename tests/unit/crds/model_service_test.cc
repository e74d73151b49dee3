#include "crds/model_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/schema_parity.h"
#include "tests/unit/crds/pod_fields.h"

namespace cresset::crds::model_service_test {
namespace {

using base::Json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kHash(64, 'a');

Json every_field() {
  Json spec = {
      {"model", {{"uri", "s3://models/digits/1"}, {"digest", "sha256:" + kHash}}},
      {"replicas", 2},
      {"scaling",
       {{"min", 1},
        {"max", 5},
        {"target", {{"concurrency", 2.5}}},
        {"windowSeconds", 30},
        {"idleSeconds", 90}}},
      {"access", {{"mode", "Keys"}, {"keys", {kHash}}}},
      {"batching", {{"maxSize", 8}, {"maxDelayMicroseconds", 500}, {"maxQueue", 64}}},
      {"storage",
       {{"secretRef", {{"name", "s3"}}}, {"endpoint", "http://s3:7070"}, {"region", "eu"}}},
      {"maxRequestBytes", 65536},
      {"drainSeconds", 5}};
  spec.update(every_pod_field());
  return spec;
}

Json from_job() { return {{"model", {{"trainingJob", "digits"}}}}; }

std::string error_of(const Json& spec) {
  const auto decoded = decode_model_service_spec(spec);
  return decoded ? "" : decoded.error().message();
}

TEST(ModelServiceSchema, AgreesWithTheCodec) {
  EXPECT_THAT(
      testing::parity_findings(
          {.schema = testing::field_schema("helm/cresset/schemas/model_service.yaml", "spec"),
           .samples = {every_field(), from_job()},
           .decode = [](const Json& spec) -> base::Result<void> {
             CRESSET_TRY(decoded, decode_model_service_spec(spec));
             return {};
           },
           .opaque = {"spec.resources", "spec.tolerations", "spec.nodeSelector"}}),
      IsEmpty());
}

TEST(ModelServiceSchema, HasTheDefaultsOfTheStruct) {
  const Json schema = testing::field_schema("helm/cresset/schemas/model_service.yaml", "spec");
  for (Json spec : {from_job(), Json{{"model", {{"trainingJob", "a"}}}, {"scaling", {{"max", 3}}}}})
    EXPECT_EQ(*decode_model_service_spec(testing::with_defaults(schema, spec)),
              *decode_model_service_spec(spec));
}

TEST(ModelServiceSchema, KnowsEveryFieldOfTheStatus) {
  ModelServiceStatus status{.conditions = {{.type = "Ready", .reason = "A", .message = "b"}},
                            .state = "Ready",
                            .observed_generation = 1,
                            .replicas = 1,
                            .ready_replicas = 1,
                            .selector = "a=b",
                            .revision = "abc",
                            .model = {"s3://a/b", "sha256:x", "job"},
                            .url = "http://x",
                            .scaling = ScalingStatus{.cause = "Mean", .message = "words"}};
  status.conditions[0].last_transition = base::WallTime{};
  status.conditions[0].observed_generation = 1;
  const Json schema = testing::field_schema("helm/cresset/schemas/model_service.yaml", "status");
  EXPECT_EQ(testing::value_paths(encode(status), "status"),
            testing::schema_paths(schema, "status"));
  EXPECT_EQ(decode_model_service_status(encode(status)), status);
}

TEST(ModelService, GoesThroughJsonUnchanged) {
  for (const Json& spec : {every_field(), from_job()}) {
    const auto decoded = decode_model_service_spec(spec);
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(*decode_model_service_spec(encode(*decoded)), *decoded);
  }
  EXPECT_EQ(encode(*decode_model_service_spec(from_job())), from_job()) << "only what differs";
}

TEST(ModelService, WantsExactlyOneSource) {
  EXPECT_THAT(error_of({{"model", Json::object()}}), HasSubstr("spec.model needs one of uri and"));
  EXPECT_THAT(error_of({{"model", {{"uri", "s3://abc/d"}, {"trainingJob", "x"}}}}),
              HasSubstr("found both"));
  EXPECT_THAT(error_of({{"model", {{"trainingJob", "x"}, {"digest", "sha256:" + kHash}}}}),
              HasSubstr("spec.model.digest goes with uri only"));
  EXPECT_THAT(error_of(Json::object()), HasSubstr("spec.model is required"));
}

TEST(ModelService, NamesWhatIsWrong) {
  Json spec = from_job();
  spec["scaling"] = {{"max", 2}, {"target", Json::object()}};
  EXPECT_THAT(error_of(spec), HasSubstr("spec.scaling.target.concurrency is required"));
  spec["scaling"] = {{"max", 2}, {"target", {{"moonPhase", 1}}}};
  EXPECT_THAT(error_of(spec), HasSubstr("spec.scaling.target.concurrency is required"));
  spec["scaling"]["target"]["concurrency"] = 4;
  EXPECT_THAT(error_of(spec), HasSubstr("spec.scaling.target.moonPhase"));
  spec["scaling"] = {{"min", 4}, {"max", 2}};
  EXPECT_THAT(error_of(spec), HasSubstr("spec.scaling.min must not be above max, found 4 above 2"));
  spec = from_job();
  spec["access"] = {{"mode", "Keys"}};
  EXPECT_THAT(error_of(spec), HasSubstr("spec.access.keys must be given with mode Keys"));
  spec["access"] = {{"mode", "Open"}, {"keys", {kHash}}};
  EXPECT_THAT(error_of(spec), HasSubstr("found mode Open and 1 keys"));
  spec["access"] = {{"mode", "Keys"}, {"keys", {"secret"}}};
  EXPECT_THAT(error_of(spec), HasSubstr("64 lower-case hex digits"));
  EXPECT_THAT(error_of({{"model", {{"uri", "ftp://a/b"}}}}), HasSubstr("spec.model.uri"));
}

TEST(ModelService, AWrongSpecIsKeptAsWords) {
  const auto service = decode_model_service(
      {{"metadata", {{"name", "a"}, {"namespace", "b"}}}, {"spec", {{"replicas", 1}}}});
  ASSERT_TRUE(service);
  EXPECT_EQ(service->meta.key().to_string(), "b/a");
  EXPECT_THAT(service->spec_error, HasSubstr("spec.model"));
  EXPECT_FALSE(decode_model_service(Json("text")));
}

TEST(ModelServiceTest, AFieldThatIsNullIsAsIfItWasAbsent) {
  Json spec = from_job();
  spec["scaling"] = nullptr;
  spec["model"]["uri"] = nullptr;
  const auto decoded = decode_model_service_spec(spec);
  ASSERT_TRUE(decoded) << decoded.error().message();
  EXPECT_EQ(*decoded, *decode_model_service_spec(from_job()));
}

TEST(PodOptions, HaveOneHashWhenTheyAreEqualAndMostlyAnotherWhenNot) {
  PodOptions one, same, elsewhere, secret;
  one.resources = {{"limits", {{"nvidia.com/gpu", int64_t{1}}}}};
  same.resources = {{"limits", {{"nvidia.com/gpu", uint64_t{1}}}}};
  elsewhere = secret = one;
  elsewhere.node_selector = {{"kubernetes.io/hostname", "node-1"}};
  secret.image_pull_secrets = {"registry"};
  EXPECT_EQ(one, same);
  EXPECT_EQ(hash_of(one), hash_of(same));
  EXPECT_NE(hash_of(one), hash_of(elsewhere));
  EXPECT_NE(hash_of(one), hash_of(secret));
}

TEST(PodOptions, GpusAreCountedInBothForms) {
  EXPECT_EQ(decode_model_service_spec(every_field())->pod.gpus(), 1);
  PodOptions options;
  EXPECT_EQ(options.gpus(), 0);
  options.resources = {{"limits", {{"nvidia.com/gpu", "2"}}}};
  EXPECT_EQ(options.gpus(), 2);
  options.resources = {{"requests", {{"nvidia.com/gpu", "1e1"}}}};
  EXPECT_EQ(options.gpus(), 10);
  options.resources = {{"limits", {{"nvidia.com/gpu", "two"}}}};
  EXPECT_EQ(options.gpus(), 0);
}

}  // namespace
}  // namespace cresset::crds::model_service_test
