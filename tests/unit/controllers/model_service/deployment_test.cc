#include "controllers/model_service/deployment.h"

#include <gtest/gtest.h>

#include "controllers/model_service/service.h"
#include "crds/worker_contract/names.h"
#include "tests/support/kubelet_env.h"

namespace cresset::controllers::model_service {
namespace {

using base::Json;
using worker_contract::decode_serve_config;

class DeploymentTest : public ::testing::Test {
 protected:
  DeploymentTest() {
    service.meta = {.ns = "team", .name = "digits", .uid = base::Uid("u1")};
    service.spec.storage.secret_name = "s3";
    service.spec.drain_seconds = 20;
  }
  Json make() {
    return make_deployment(service, {"s3://models/1", "sha256:d", ""}, "abc", 2, settings);
  }
  Json container() { return make()["spec"]["template"]["spec"]["containers"][0]; }

  crds::ModelService service;
  ServingSettings settings{.images = {.cpu = "cpu:1", .cuda = "cuda:1"},
                           .operator_namespace = "system"};
};

TEST_F(DeploymentTest, TheWorkerIsToldWhatToServe) {
  const Json env = container()["env"];
  ASSERT_EQ(env[0]["name"], worker_contract::kConfigEnv);
  const auto config = decode_serve_config(*base::parse_json(env[0]["value"].get<std::string>()));
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->ns, "team");
  EXPECT_EQ(config->name, "digits");
  EXPECT_EQ(config->revision, "abc");
  EXPECT_EQ(config->model_uri, "s3://models/1");
  EXPECT_EQ(config->model_digest, "sha256:d");
  EXPECT_EQ(container()["args"], Json::array({"serve"}));
}

TEST_F(DeploymentTest, TheWorkerIsToldOfTheGpusThatItsPodAsksFor) {
  const auto gpus = [&] {
    const auto text = container()["env"][0]["value"].get<std::string>();
    return decode_serve_config(*base::parse_json(text))->gpus;
  };
  EXPECT_EQ(gpus(), 0);
  service.spec.pod.resources = {{"limits", {{"nvidia.com/gpu", 1}}}};
  EXPECT_EQ(gpus(), 1);
  service.spec.pod.resources = {{"limits", {{"nvidia.com/gpu", (int64_t{1} << 32) + 1}}}};
  EXPECT_EQ(gpus(), 1024) << "the most that it can be told";
  EXPECT_EQ(container()["image"], "cuda:1");
}

TEST_F(DeploymentTest, NothingOfAServiceEntersACommandLine) {
  const std::string hostile = "s3://models/$(AWS_SECRET_ACCESS_KEY)`id`;rm${IFS}-rf|x";
  service.spec.storage.region = hostile;
  for (auto* map : {&service.meta.labels, &service.meta.annotations})
    *map = kube::Texts{{"team", hostile}, {"example.com/$(id)", "x"}};
  const Json deployment = make_deployment(service, {hostile, "", ""}, "abc", 2, settings);
  const Json pod = deployment["spec"]["template"];
  ASSERT_EQ(pod["spec"]["containers"].size(), 1U);
  EXPECT_FALSE(pod["spec"].contains("initContainers"));
  const Json worker = pod["spec"]["containers"][0];
  EXPECT_FALSE(worker.contains("command"));
  EXPECT_EQ(worker["args"], Json::array({"serve"}));
  EXPECT_EQ(base::dump(worker["lifecycle"]).find("exec"), std::string::npos);
  for (const char* probe : {"readinessProbe", "livenessProbe"})
    EXPECT_TRUE(worker[probe].contains("httpGet"));
  EXPECT_EQ(base::dump(deployment["metadata"]).find("`id`"), std::string::npos);
  EXPECT_EQ(base::dump(pod["metadata"]).find("example.com"), std::string::npos);
  const auto config =
      testing::as_kubelet_expands(worker["env"][0]["value"], {{"AWS_SECRET_ACCESS_KEY", "s3cret"}});
  EXPECT_EQ(decode_serve_config(*base::parse_json(config))->model_uri, hostile);
}

TEST_F(DeploymentTest, TheStoresSecretIsReadByTheKubelet) {
  const Json env = container()["env"];
  EXPECT_EQ(env[2]["name"], "AWS_ACCESS_KEY_ID");
  EXPECT_EQ(env[2]["valueFrom"]["secretKeyRef"]["name"], "s3");
}

TEST_F(DeploymentTest, PodsAreRestrictedAndHaveNoToken) {
  const Json pod = make()["spec"]["template"]["spec"];
  EXPECT_EQ(pod["automountServiceAccountToken"], false);
  EXPECT_EQ(pod["securityContext"]["runAsNonRoot"], true);
  EXPECT_EQ(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
  EXPECT_EQ(container()["securityContext"]["capabilities"]["drop"], Json::array({"ALL"}));
  EXPECT_EQ(container()["securityContext"]["allowPrivilegeEscalation"], false);
  EXPECT_EQ(container()["securityContext"]["readOnlyRootFilesystem"], true);
}

TEST_F(DeploymentTest, APodHasTimeToDrainAfterTheGatewaysSawItGo) {
  const Json pod = make()["spec"]["template"]["spec"];
  const int notice = container()["lifecycle"]["preStop"]["sleep"]["seconds"];
  EXPECT_GE(notice, 1);
  EXPECT_GT(pod["terminationGracePeriodSeconds"], notice + service.spec.drain_seconds);
}

TEST_F(DeploymentTest, SelectorsMatchThePodsLabels) {
  const Json deployment = make();
  const Json labels = deployment["spec"]["template"]["metadata"]["labels"];
  for (const Json& selector : {deployment["spec"]["selector"]["matchLabels"],
                               make_service(service, "abc")["spec"]["selector"]})
    for (const auto& [key, value] : selector.items()) EXPECT_EQ(labels[key], value) << key;
  const Json policy = make_network_policy(service, settings);
  EXPECT_EQ(policy["spec"]["podSelector"]["matchLabels"],
            Json({{"cresset.dev/model-service", "digits"}}));
  ASSERT_TRUE(policy["spec"]["ingress"][0]["from"].is_array());
  EXPECT_EQ(policy["spec"]["ingress"][0]["from"][0]["namespaceSelector"]["matchLabels"]
                  ["kubernetes.io/metadata.name"],
            "system");
  EXPECT_EQ(policy["spec"]["ingress"][0]["ports"][0]["port"], 8080);
}

TEST_F(DeploymentTest, GpusChooseTheCudaImageAndBearItsTaint) {
  EXPECT_EQ(container()["image"], "cpu:1");
  service.spec.pod.resources = {{"limits", {{"nvidia.com/gpu", 1}}}};
  EXPECT_EQ(container()["image"], "cuda:1");
  EXPECT_EQ(make()["spec"]["template"]["spec"]["tolerations"][0]["key"], "nvidia.com/gpu");
  service.spec.pod.image = "mine:1";
  EXPECT_EQ(container()["image"], "mine:1");
}

TEST_F(DeploymentTest, PodFieldsOfTheSpecReachThePod) {
  service.spec.pod.node_selector = {{"zone", "a"}};
  service.spec.pod.image_pull_secrets = {"pull"};
  service.spec.pod.service_account = "models";
  const Json pod = make()["spec"]["template"]["spec"];
  EXPECT_EQ(pod["nodeSelector"]["zone"], "a");
  EXPECT_EQ(pod["imagePullSecrets"][0]["name"], "pull");
  EXPECT_EQ(pod["serviceAccountName"], "models");
}

TEST_F(DeploymentTest, TheOwnerIsTheService) {
  const auto meta = kube::decode_meta(make());
  ASSERT_NE(meta.controller(), nullptr);
  EXPECT_EQ(meta.controller()->uid, base::Uid("u1"));
  EXPECT_EQ(meta.controller()->kind, "ModelService");
  EXPECT_EQ(meta.name, "digits-abc");
  EXPECT_EQ(meta.labels->at("app.kubernetes.io/managed-by"), "cresset");
}

}  // namespace
}  // namespace cresset::controllers::model_service
