#include "crds/worker_contract/worker_config.h"

#include <gmock/gmock.h>

namespace cresset::worker_contract {
namespace {

using base::Json;
using testing::HasSubstr;

Json job() {
  return {
      {"metadata", {{"namespace", "team"}, {"name", "digits"}, {"uid", "u-1"}}},
      {"spec",
       {{"workers", {{"count", 2}}},
        {"training", {{"data", {{"train", {{"uri", "s3://data/points.csv"}}}, {"label", "side"}}}}},
        {"checkpoint", {{"uri", "s3://models/c"}, {"everySteps", 50}}},
        {"output", {{"uri", "s3://models/points"}}}}}};
}

TEST(WorkerConfigTest, AJobsSpecComesBackThroughTheEnvironment) {
  const auto config = worker_config_from_job(job());
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->ns, "team");
  EXPECT_EQ(config->workers, 2);
  EXPECT_EQ(config->checkpoint->every_steps, 50);
  const auto again = decode_worker_config(encode(*config));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, *config);
}

TEST(WorkerConfigTest, ProcessesFollowTheGpusUnlessTheyAreGiven) {
  Json with_gpus = job();
  EXPECT_EQ(worker_config_from_job(with_gpus)->processes_per_worker, 1);
  with_gpus["spec"]["workers"]["resources"] = {{"limits", {{"nvidia.com/gpu", 2}}}};
  EXPECT_EQ(worker_config_from_job(with_gpus)->processes_per_worker, 2);
  with_gpus["spec"]["workers"]["resources"] = {{"limits", {{"nvidia.com/gpu", "4"}}}};
  EXPECT_EQ(worker_config_from_job(with_gpus)->processes_per_worker, 4);
  with_gpus["spec"]["workers"]["processesPerWorker"] = 1;
  EXPECT_EQ(worker_config_from_job(with_gpus)->processes_per_worker, 1);
}

TEST(WorkerConfigTest, OfDividedGpusAProcessIsShownOneInstanceSoThereIsOne) {
  Json divided = job();
  divided["spec"]["workers"]["resources"] = {
      {"limits", {{"nvidia.com/mig-1g.10gb", 2}, {"nvidia.com/mig-3g.40gb", 100}}}};
  const auto config = worker_config_from_job(divided);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->processes_per_worker, 1);
  EXPECT_EQ(config->gpus, 102);
}

TEST(WorkerConfigTest, TellsAWorkerTheGpusThatItsPodAsksFor) {
  Json with_gpus = job();
  EXPECT_FALSE(encode(*worker_config_from_job(with_gpus)).contains("gpus"))
      << "pods without are as they were";
  with_gpus["spec"]["workers"]["resources"] = {{"limits", {{"nvidia.com/gpu", 2}}}};
  const auto config = worker_config_from_job(with_gpus);
  EXPECT_EQ(config->gpus, 2);
  EXPECT_EQ(decode_worker_config(encode(*config))->gpus, 2);
}

TEST(WorkerConfigTest, MoreGpusThanThereMayBeProcessesAreRefusedBeforeAPodIsMade) {
  Json with_gpus = job();
  auto& limit = with_gpus["spec"]["workers"]["resources"]["limits"]["nvidia.com/gpu"];
  limit = 64;
  EXPECT_TRUE(decode_worker_config(encode(*worker_config_from_job(with_gpus))));
  for (const Json& many : {Json(65), Json(int64_t{1} << 32), Json("100k")}) {
    limit = many;
    const auto config = worker_config_from_job(with_gpus);
    ASSERT_FALSE(config) << many;
    EXPECT_THAT(config.error().message(), HasSubstr("spec.workers.processesPerWorker"));
  }
}

TEST(WorkerConfigTest, AnEndpointGoesWithTheBucketsOfOneKindWhereverTheyAreNamed) {
  Json mixed = job();
  mixed["spec"]["output"]["uri"] = "gs://models/points";
  ASSERT_TRUE(worker_config_from_job(mixed));
  EXPECT_TRUE(buckets_of_job(*worker_config_from_job(mixed)).gcs);
  mixed["spec"]["storage"] = {{"endpoint", "http://store:7070"}};
  const std::string words = "spec.storage.endpoint is the address of one store";
  EXPECT_THAT(worker_config_from_job(mixed).error().message(), HasSubstr(words));
  for (const char* path : {"/checkpoint/uri", "/training/data/train/uri",
                           "/training/data/validation/uri", "/training/model/uri"}) {
    Json one = job();
    one["spec"]["storage"] = mixed["spec"]["storage"];
    ASSERT_TRUE(worker_config_from_job(one));
    one["spec"][Json::json_pointer(path)] = "gs://data/other";
    EXPECT_THAT(worker_config_from_job(one).error().message(), HasSubstr(words)) << path;
  }
}

TEST(WorkerConfigTest, AJobWithoutOutputIsRefused) {
  Json without = job();
  without["spec"].erase("output");
  const auto config = worker_config_from_job(without);
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message(), HasSubstr("spec.output is required"));
}

TEST(WorkerConfigTest, ZeroWorkersAreRefused) {
  Json none = job();
  none["spec"]["workers"]["count"] = 0;
  const auto config = worker_config_from_job(none);
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message(), HasSubstr("spec.workers.count must be at least 1"));
}

TEST(ServeConfigTest, ComesBackThroughTheEnvironment) {
  ServeConfig config;
  config.ns = "team";
  config.name = "digits";
  config.revision = "r1";
  config.model_uri = "s3://models/digits/1";
  config.model_digest = "sha256:ab";
  config.storage.endpoint = "http://s3:7070";
  config.batching.max_size = 8;
  config.drain_seconds = 5;
  config.gpus = 1;
  const auto again = decode_serve_config(encode(config));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, config);
}

}  // namespace
}  // namespace cresset::worker_contract
