#include "controllers/training_job/pods.h"

#include <gmock/gmock.h>

#include "controllers/training_job/network_policy.h"
#include "controllers/training_job/service.h"
#include "crds/worker_contract/names.h"
#include "tests/support/kubelet_env.h"
#include "tests/unit/controllers/training_job/fixture.h"

namespace cresset::controllers::training_job {
namespace {

using base::Json;
namespace contract = worker_contract;

Json pod_for(const Json& spec, int index = 0, int attempt = 0) {
  const auto job = job_of(job_json(spec));
  return make_pod(job, render_template(job, kSettings), index, attempt, kSettings);
}
const Json& worker_of(const Json& pod) { return pod["spec"]["containers"][0]; }
Json variable(const Json& pod, const std::string& name) {
  for (const auto& item : worker_of(pod)["env"])
    if (item["name"] == name) return item;
  return nullptr;
}

TEST(WorkerPod, PassesTheRestrictedPodSecurityLevel) {
  const Json pod = pod_for(Json::object());
  const Json& security = pod["spec"]["securityContext"];
  EXPECT_EQ(security["runAsNonRoot"], true);
  EXPECT_EQ(security["runAsUser"], 65532);
  EXPECT_EQ(security["seccompProfile"]["type"], "RuntimeDefault");
  const Json& container = worker_of(pod)["securityContext"];
  EXPECT_EQ(container["allowPrivilegeEscalation"], false);
  EXPECT_EQ(container["readOnlyRootFilesystem"], true);
  EXPECT_EQ(container["capabilities"]["drop"], Json({"ALL"}));
  EXPECT_EQ(pod["spec"]["automountServiceAccountToken"], false);
  EXPECT_EQ(pod["spec"]["restartPolicy"], "Never");
}

TEST(WorkerPod, HasATokenForTheOperatorAndNoneForTheApiServer) {
  const Json pod = pod_for(Json::object());
  const Json& token = pod["spec"]["volumes"][0]["projected"]["sources"][0]["serviceAccountToken"];
  EXPECT_EQ(token["audience"], contract::kAudience);
  EXPECT_EQ(worker_of(pod)["volumeMounts"][0]["mountPath"], "/var/run/secrets/cresset");
}

TEST(WorkerPod, IsToldWhoItIsAndWhatToDo) {
  const Json pod = pod_for({{"storage", {{"secretRef", {{"name", "s3"}}}}}}, 1);
  EXPECT_EQ(variable(pod, contract::kWorkerIndexEnv)["value"], "1");
  EXPECT_EQ(variable(pod, contract::kCoordinationUrlEnv)["value"], kSettings.coordination_url);
  EXPECT_EQ(variable(pod, contract::kCoordinationCaEnv)["value"], "the CA");
  EXPECT_EQ(variable(pod, contract::kPodUidEnv)["valueFrom"]["fieldRef"]["fieldPath"],
            "metadata.uid");
  EXPECT_EQ(variable(pod, contract::kAccessKeyEnv)["valueFrom"]["secretKeyRef"]["name"], "s3");
  const auto told = contract::decode_worker_config(
      *base::parse_json(variable(pod, contract::kConfigEnv)["value"].get<std::string>()));
  ASSERT_TRUE(told) << told.error().message();
  EXPECT_EQ(*told, job_of(job_json({{"storage", {{"secretRef", {{"name", "s3"}}}}}})).config);
}

TEST(WorkerPod, NothingOfAJobEntersACommandLine) {
  const std::string hostile = "s3://models/$(AWS_SECRET_ACCESS_KEY)`id`;rm${IFS}-rf|x";
  auto object = job_json({{"output", {{"uri", hostile}}},
                          {"storage", {{"secretRef", {{"name", "s3"}}}, {"region", hostile}}}});
  for (const char* map : {"labels", "annotations"})
    object["metadata"][map] = {{"team", hostile}, {"example.com/$(id)", "x"}};
  const auto job = job_of(object);
  const Json pod = make_pod(job, render_template(job, kSettings), 0, 0, kSettings);
  EXPECT_EQ(pod["spec"]["containers"].size(), 1U);
  EXPECT_FALSE(pod["spec"].contains("initContainers"));
  EXPECT_FALSE(worker_of(pod).contains("command"));
  EXPECT_FALSE(worker_of(pod).contains("lifecycle"));
  EXPECT_EQ(worker_of(pod)["args"], Json::array({"train"}));
  EXPECT_EQ(base::dump(pod["metadata"]).find("example.com"), std::string::npos);
  EXPECT_EQ(base::dump(pod["metadata"]).find("`id`"), std::string::npos);
  const auto config = testing::as_kubelet_expands(variable(pod, contract::kConfigEnv)["value"],
                                                  {{contract::kSecretKeyEnv, "s3cret"}});
  EXPECT_EQ(*contract::decode_worker_config(*base::parse_json(config)), job.config);
  EXPECT_EQ(job.config.output_uri, hostile);
}

TEST(WorkerPod, BelongsToItsJobAndIsFoundByItsLabels) {
  const Json pod = pod_for(Json::object(), 1, 2);
  const auto meta = kube::decode_meta(pod);
  EXPECT_EQ(meta.name, "digits-1-r2");
  EXPECT_EQ(pod["spec"]["hostname"], "digits-1-r2");
  ASSERT_NE(meta.controller(), nullptr);
  EXPECT_EQ(meta.controller()->uid, base::Uid("job"));
  EXPECT_EQ(meta.labels->at(contract::kJobLabel), "digits");
  EXPECT_EQ(meta.labels->at(contract::kIndexLabel), "1");
  EXPECT_EQ(meta.labels->at("app.kubernetes.io/managed-by"), "cresset");
}

TEST(WorkerPod, WithGpusRunsTheCudaImageWithAProcessForEach) {
  const Json pod = pod_for({{"workers", {{"resources", {{"limits", {{"nvidia.com/gpu", 2}}}}}}}});
  EXPECT_EQ(worker_of(pod)["image"], "worker-cuda:1");
  EXPECT_EQ(worker_of(pod)["resources"]["limits"]["nvidia.com/gpu"], 2);
  EXPECT_EQ(pod["spec"]["tolerations"][0]["key"], "nvidia.com/gpu");
  const auto config =
      *base::parse_json(variable(pod, contract::kConfigEnv)["value"].get<std::string>());
  EXPECT_EQ(config["processesPerWorker"], 2);
  EXPECT_EQ(config["gpus"], 2);
}

TEST(WorkerPod, TakesWhatTheUsersTemplateAddsButKeepsItsIdentity) {
  const Json pod =
      pod_for({{"workers",
                {{"template",
                  {{"metadata",
                    {{"labels", {{"team", "a"}, {contract::kIndexLabel, "9"}}}, {"name", "mine"}}},
                   {"spec",
                    {{"containers",
                      {{{"name", "worker"}, {"env", {{{"name", "A"}, {"value", "1"}}}}}}}}}}}}}});
  EXPECT_EQ(pod["metadata"]["labels"]["team"], "a");
  EXPECT_EQ(pod["metadata"]["labels"][contract::kIndexLabel], "0");
  EXPECT_EQ(pod["metadata"]["name"], "digits-0");
  EXPECT_EQ(variable(pod, "A")["value"], "1");
}

TEST(JobNetworkPolicy, OpensTheGroupToItselfAndTheMetricsToAll) {
  const Json policy = make_network_policy(job_of(job_json()));
  const Json& ingress = policy["spec"]["ingress"];
  ASSERT_EQ(ingress.size(), 2U);
  EXPECT_EQ(ingress[0]["from"][0]["podSelector"]["matchLabels"][contract::kJobLabel], "digits");
  EXPECT_FALSE(ingress[0].contains("ports"));
  EXPECT_FALSE(ingress[1].contains("from"));
  EXPECT_EQ(ingress[1]["ports"][0]["port"], contract::kMetricsPort);
}

TEST(JobService, GivesEachPodANameBeforeItIsReady) {
  const Json service = make_service(job_of(job_json()), "{}");
  EXPECT_EQ(service["spec"]["clusterIP"], "None");
  EXPECT_EQ(service["spec"]["publishNotReadyAddresses"], true);
  const Json pod = pod_for(Json::object(), 1);
  EXPECT_EQ(pod["spec"]["subdomain"], service["metadata"]["name"]);
  EXPECT_EQ(pod["spec"]["hostname"], pod["metadata"]["name"]);
  ASSERT_FALSE(service["spec"]["selector"].empty());
  for (const auto& [key, value] : service["spec"]["selector"].items())
    EXPECT_EQ(pod["metadata"]["labels"][key], value);
}

TEST(JobService, KeepsTheTemplateVerbatimAndTheCacheItsDigest) {
  const auto job = job_of(job_json());
  const std::string text = base::dump(render_template(job, kSettings));
  Observed observed;
  EXPECT_EQ(kept_digest(observed), "");
  add_children(observed, job);
  EXPECT_EQ(kept_digest(observed), template_digest(text));
  EXPECT_FALSE(observed.kept_text);
  const Json live = make_service(job, text);
  take_live_service(observed, &live, job.meta.uid);
  EXPECT_EQ(observed.kept_text, text);
  take_live_service(observed, &live, base::Uid("another"));
  EXPECT_EQ(observed.service, nullptr) << "it is not ours";
  EXPECT_FALSE(observed.kept_text);
}

}  // namespace
}  // namespace cresset::controllers::training_job
