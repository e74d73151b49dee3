#include "controllers/common/pod_render.h"

#include <gtest/gtest.h>

#include "tests/support/kubelet_env.h"

namespace cresset::controllers {
namespace {

using base::Json;

const Json kPod = {{"metadata", {{"labels", {{"a", "1"}}}}},
                   {"spec",
                    {{"containers",
                      {{{"name", "worker"},
                        {"image", "x"},
                        {"args", {"train"}},
                        {"env",
                         {{{
                               "name",
                               "A",
                           },
                           {"value", "1"}}}},
                        {"volumeMounts", {{{"name", "tmp"}, {"mountPath", "/tmp"}}}}}}},
                     {"volumes", {{{"name", "tmp"}, {"emptyDir", Json::object()}}}}}}};

TEST(MergeTemplate, ObjectsMergeKeyByKey) {
  const Json merged = merge_template(
      kPod, {{"metadata", {{"labels", {{"b", "2"}}}}}, {"spec", {{"hostNetwork", false}}}});
  EXPECT_EQ(merged["metadata"]["labels"], (Json{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(merged["spec"]["hostNetwork"], false);
  EXPECT_EQ(merged["spec"]["containers"], kPod["spec"]["containers"]);
}

TEST(MergeTemplate, ContainersVolumesAndVariablesMergeByName) {
  const Json over = {
      {"spec",
       {{"containers",
         {{{"name", "worker"},
           {"env", {{{"name", "A"}, {"value", "9"}}, {{"name", "B"}, {"value", "2"}}}},
           {"volumeMounts", {{{"name", "cache"}, {"mountPath", "/cache"}}}}},
          {{"name", "sidecar"}, {"image", "y"}}}},
        {"volumes", {{{"name", "cache"}, {"emptyDir", Json::object()}}}}}}};
  const Json merged = merge_template(kPod, over);
  const Json& containers = merged["spec"]["containers"];
  ASSERT_EQ(containers.size(), 2U);
  EXPECT_EQ(containers[0]["image"], "x");
  EXPECT_EQ(containers[0]["env"],
            (Json{{{"name", "A"}, {"value", "9"}}, {{"name", "B"}, {"value", "2"}}}));
  EXPECT_EQ(containers[0]["volumeMounts"].size(), 2U);
  EXPECT_EQ(containers[1]["name"], "sidecar");
  EXPECT_EQ(merged["spec"]["volumes"].size(), 2U);
}

TEST(MergeTemplate, OtherListsAreReplacedWhole) {
  const Json merged = merge_template(
      kPod, {{"spec", {{"containers", {{{"name", "worker"}, {"args", {"train", "--x"}}}}}}}});
  EXPECT_EQ(merged["spec"]["containers"][0]["args"], (Json{"train", "--x"}));
}

TEST(Env, ReachesTheContainerAsItStandsWhateverItHolds) {
  for (const std::string value :
       {"", "plain", "$", "$$", "$$$", "$(SECRET)", "$$(SECRET)", "a$(SECRET", "$(NONE)$",
        "`id`; $(id) ${HOME} && \"x\" | y > /z"}) {
    const Json variable = env("A", value);
    EXPECT_EQ(variable["name"], "A");
    EXPECT_EQ(testing::as_kubelet_expands(variable["value"], {{"SECRET", "s3cret"}}), value);
  }
}

constexpr worker_contract::Buckets kS3{.s3 = true};
constexpr worker_contract::Buckets kGcs{.gcs = true};
constexpr worker_contract::Buckets kBoth{.s3 = true, .gcs = true};

TEST(StorageEnv, AsksTheSecretForTheKeysOfTheBucketsThatAreUsed) {
  const worker_contract::StorageSpec storage{.secret_name = "keys"};
  const Json list = storage_env(storage, kGcs, {});
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["name"], "GOOGLE_APPLICATION_CREDENTIALS_JSON");
  EXPECT_EQ(list[0]["valueFrom"]["secretKeyRef"],
            Json({{"name", "keys"}, {"key", "GOOGLE_APPLICATION_CREDENTIALS_JSON"}}));
  const Json both = storage_env(storage, kBoth, {});
  ASSERT_EQ(both.size(), 4U);
  for (const auto& variable : both)
    EXPECT_EQ(variable["valueFrom"]["secretKeyRef"]["optional"], true) << variable;
  EXPECT_EQ(storage_env(storage, {}, {}), storage_env(storage, kS3, {})) << "of files alone";
}

TEST(StorageEnv, GoogleKnowsPodsByTheServiceAccountThatTheyAreGiven) {
  crds::PodOptions options;
  EXPECT_TRUE(storage_env({}, kGcs, options).empty()) << "the default one is nobody's choice";
  options.service_account = "trainer";
  EXPECT_EQ(storage_env({}, kGcs, options), Json::array({env("CRESSET_GOOGLE_IDENTITY", "pod")}));
  EXPECT_TRUE(storage_env({}, kS3, options).empty());
  EXPECT_TRUE(storage_env({.endpoint = "http://gcs:4443"}, kGcs, options).empty())
      << "no token is sent there";
  EXPECT_EQ(storage_env({.endpoint = "https://gcs"}, kGcs, options),
            storage_env({}, kGcs, options));
  const worker_contract::StorageSpec with_keys{.secret_name = "keys"};
  EXPECT_EQ(storage_env(with_keys, kGcs, options), storage_env(with_keys, kGcs, {}));
  EXPECT_EQ(storage_env(with_keys, kBoth, options)[0], env("CRESSET_GOOGLE_IDENTITY", "pod"));
}

TEST(StorageEnv, NamesTheSecretAndNeverItsContent) {
  worker_contract::StorageSpec storage;
  EXPECT_TRUE(storage_env(storage, kS3, {}).empty());
  storage.secret_name = "s3";
  const Json list = storage_env(storage, kS3, {});
  ASSERT_EQ(list.size(), 3U);
  for (const auto& variable : list) {
    EXPECT_FALSE(variable.contains("value"));
    EXPECT_EQ(variable["valueFrom"]["secretKeyRef"]["name"], "s3");
  }
  EXPECT_EQ(list[2]["name"], "AWS_SESSION_TOKEN");
  EXPECT_EQ(list[2]["valueFrom"]["secretKeyRef"]["optional"], true);
  EXPECT_FALSE(list[0]["valueFrom"]["secretKeyRef"].contains("optional"));
}

TEST(PodOptionsOfAPod, GpusChooseTheImageAndTolerateTheTaint) {
  crds::PodOptions options;
  const WorkerImages images{"cpu:1", "cuda:1", "Always"};
  EXPECT_EQ(image_for(options, images), "cpu:1");
  options.resources = {{"limits", {{"nvidia.com/gpu", 2}}}};
  EXPECT_EQ(image_for(options, images), "cuda:1");
  Json spec = Json::object();
  put_pod_options(options, spec);
  EXPECT_EQ(spec["tolerations"][0]["key"], "nvidia.com/gpu");
  options.image = "mine:1";
  EXPECT_EQ(image_for(options, images), "mine:1");
}

}  // namespace
}  // namespace cresset::controllers
