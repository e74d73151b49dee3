// kube::Client against a real kube-apiserver.

#include "operator/kube/client/client.h"

#include <atomic>
#include <set>
#include <thread>

#include "controllers/common/pod.h"
#include "operator/base/file.h"
#include "operator/net/client/http_client.h"
#include "tests/integration/cluster.h"

namespace cresset::integration {
namespace {

using base::Json;
using kube::kConfigMaps;
using kube::kPods;

class KubeClient : public ClusterTest {};

Json pod(const std::string& name) {
  return {{"metadata", {{"name", name}}},
          {"spec", {{"containers", {{{"name", "main"}, {"image", "none"}}}}}}};
}

TEST_F(KubeClient, GetsWhatItCreated) {
  const auto made = create("a");
  ASSERT_TRUE(made) << why(made);
  const auto got = client_.get(kConfigMaps, {ns_, "a"});
  ASSERT_TRUE(got) << why(got);
  EXPECT_EQ(*got, *made);
  EXPECT_TRUE(base::is_not_found(client_.get(kConfigMaps, {ns_, "b"}).error()));
}

TEST_F(KubeClient, TellsThatANameIsTaken) {
  ASSERT_TRUE(create("a"));
  const auto again = create("a");
  ASSERT_FALSE(again);
  EXPECT_TRUE(base::is_already_exists(again.error())) << why(again);
}

TEST_F(KubeClient, ListsPageByPageAndMissesNothing) {
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(create("item-" + std::to_string(i)));
  std::set<std::string> names;
  int pages = 0;
  kube::ListOptions options{.ns = ns_, .label_selector = "from=" + ns_, .limit = 3};
  do {
    const auto page = client_.list(kConfigMaps, options);
    ASSERT_TRUE(page) << why(page);
    page->root().find("/items").each_item(
        [&](const kube::JsonView& item) { names.emplace(item.text_at("/metadata/name")); });
    options.continue_token = page->root().text_at("/metadata/continue");
    ++pages;
  } while (!options.continue_token.empty());
  EXPECT_EQ(names.size(), 7U);
  EXPECT_EQ(pages, 3);
}

TEST_F(KubeClient, AnApplyThatChangesNothingMakesNoNewVersion) {
  const auto version_after = [&](const Json& object) {
    const auto applied = client_.apply(kConfigMaps, {ns_, "a"}, object, "cresset");
    EXPECT_TRUE(applied) << why(applied);
    return version_of(client_.get(kConfigMaps, {ns_, "a"}).value_or(Json()));
  };
  const auto first = version_after(config_map("a"));
  EXPECT_EQ(version_after(config_map("a")), first);
  EXPECT_NE(version_after(config_map("a", "2")), first);
}

TEST_F(KubeClient, AnApplyGivesUpWhatItNoLongerNamesAndKeepsWhatOthersOwn) {
  ASSERT_TRUE(client_.apply(kConfigMaps, {ns_, "a"}, {{"data", {{"x", "1"}, {"y", "1"}}}}, "me"));
  ASSERT_TRUE(client_.apply(kConfigMaps, {ns_, "a"}, {{"data", {{"z", "1"}}}}, "other"));
  ASSERT_TRUE(client_.apply(kConfigMaps, {ns_, "a"}, {{"data", {{"x", "2"}}}}, "me"));
  const auto left = client_.get(kConfigMaps, {ns_, "a"});
  ASSERT_TRUE(left) << why(left);
  EXPECT_EQ(left->at("data"), Json::parse(R"({"x": "2", "z": "1"})"));
}

TEST_F(KubeClient, APatchChangesWhatItNames) {
  ASSERT_TRUE(create("a"));
  const auto patched =
      client_.merge_patch(kConfigMaps, {ns_, "a"}, {{"metadata", {{"annotations", {{"k", "v"}}}}}});
  ASSERT_TRUE(patched) << why(patched);
  EXPECT_EQ(base::text_at(*patched, "/metadata/annotations/k"), "v");
  EXPECT_EQ(base::text_at(*patched, "/data/v"), "1");
}

TEST_F(KubeClient, AReplaceOfAnOldVersionIsAConflict) {
  auto made = create("a");
  ASSERT_TRUE(made) << why(made);
  ASSERT_TRUE(client_.merge_patch(kConfigMaps, {ns_, "a"}, {{"data", {{"v", "2"}}}}));
  (*made)["data"]["v"] = "3";
  const auto replaced = client_.replace(kConfigMaps, {ns_, "a"}, *made);
  ASSERT_FALSE(replaced);
  EXPECT_TRUE(base::is_conflict(replaced.error())) << why(replaced);
}

TEST_F(KubeClient, ADeleteWithAnotherUidIsAConflictAndDeletesNothing) {
  const auto made = create("a");
  ASSERT_TRUE(made) << why(made);
  const auto wrong =
      client_.remove(kConfigMaps, {ns_, "a"}, {.uid = base::Uid("00000000-dead-beef")});
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(base::is_conflict(wrong.error())) << why(wrong);
  EXPECT_TRUE(client_.get(kConfigMaps, {ns_, "a"}));
  const base::Uid uid(base::text_at(*made, "/metadata/uid"));
  EXPECT_TRUE(client_.remove(kConfigMaps, {ns_, "a"}, {.uid = uid}));
  EXPECT_TRUE(base::is_not_found(client_.get(kConfigMaps, {ns_, "a"}).error()));
  EXPECT_TRUE(client_.remove(kConfigMaps, {ns_, "a"}, {.uid = uid})) << "gone is gone";
}

TEST_F(KubeClient, ACreateThatIsRefusedTellsWhatIsWrongAndMakesNothing) {
  auto unknown = pod("a");
  unknown["spec"]["containers"][0]["imagee"] = "x";
  const auto refused = client_.create(kPods, ns_, unknown);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(base::is_invalid(refused.error()));
  EXPECT_NE(why(refused).find("unknown field \"spec.containers[0].imagee\""), std::string::npos)
      << why(refused);
  auto wrong = pod("a");
  wrong["spec"]["restartPolicy"] = "Sometimes";
  EXPECT_NE(why(client_.create(kPods, ns_, wrong)).find("spec.restartPolicy"), std::string::npos);
  EXPECT_TRUE(base::is_not_found(client_.get(kPods, {ns_, "a"}).error()));
}

// An ended pod that says all that is read of one.
Json status_of_ended_pod() {
  const Json ended{{"exitCode", 137},
                   {"reason", "OOMKilled"},
                   {"message", "last \"words\"\n"},
                   {"finishedAt", "2026-01-01T00:00:01Z"}};
  const Json waits{{"reason", "CrashLoopBackOff"}, {"message", "back-off"}};
  return {{"phase", "Failed"},
          {"reason", "Evicted"},
          {"podIP", "10.0.0.1"},
          {"podIPs", {{{"ip", "10.0.0.1"}}}},
          {"conditions",
           {{{"type", "Ready"}, {"status", "True"}},
            {{"type", "DisruptionTarget"}, {"status", "True"}, {"reason", "PreemptionByScheduler"}},
            {{"type", "PodScheduled"}, {"status", "False"}, {"message", "no room"}}}},
          {"containerStatuses",
           {{{"name", "worker"},
             {"image", "none"},
             {"imageID", ""},
             {"ready", false},
             {"restartCount", 1},
             {"state", {{"waiting", waits}}},
             {"lastState", {{"terminated", ended}}}}}}};
}

TEST_F(KubeClient, APodOfAListInProtobufReadsLikeThatOfAGetInJson) {
  const kube::ObjectKey key{ns_, "a"};
  Json wanted = pod("a");
  wanted["metadata"]["labels"] = {{"cresset.dev/x", "1"}, {"y", ""}};
  wanted["metadata"]["annotations"] = {{"cresset.dev/z", "gr\u00f6\u00dfe \"2\"\n"}};
  wanted["metadata"]["finalizers"] = {"cresset.dev/test"};
  wanted["metadata"]["ownerReferences"] = Json::array({kube::encode_owner(
      {"cresset.dev/v1alpha1", "TrainingJob", "digits", base::Uid("0-1"), true})});
  wanted["spec"]["nodeName"] = "node-1";
  ASSERT_TRUE(client_.create(kPods, ns_, wanted));
  ASSERT_TRUE(client_.merge_patch(kPods, key, {{"status", status_of_ended_pod()}}, "status"));
  ASSERT_TRUE(client_.remove(kPods, key));
  const auto page = client_.list(kPods, {.ns = ns_});
  ASSERT_TRUE(page) << why(page);
  const auto got = client_.get(kPods, key);
  ASSERT_TRUE(got) << why(got);
  const kube::JsonView listed = page->root().find("/items/0");
  EXPECT_FALSE(listed.find("/spec/containers")) << "it came as JSON";
  EXPECT_EQ(kube::decode_meta(listed), kube::decode_meta(*got));
  const auto read = *controllers::decode_pod(listed);
  EXPECT_EQ(read, *controllers::decode_pod(*got));
  EXPECT_TRUE(read.ready && read.going() && read.terminal());
  EXPECT_EQ(read.details->termination_message, "last \"words\"\n");
  EXPECT_EQ(read.details->exit_code, 137);
  EXPECT_TRUE(client_.merge_patch(kPods, key, {{"metadata", {{"finalizers", nullptr}}}}));
}

TEST_F(KubeClient, AWatchTellsEachChangeInOrderUntilItIsStopped) {
  const auto list = client_.list(kConfigMaps, {.ns = ns_});
  ASSERT_TRUE(list) << why(list);
  std::vector<std::string> told;
  std::atomic<size_t> count = 0;
  std::stop_source stop;
  std::jthread watcher([&] {
    const auto ended =
        client_.watch(kConfigMaps,
                      {.ns = ns_,
                       .label_selector = "from=" + ns_,
                       .resource_version = version_of(list->root().json())},
                      stop.get_token(), [&](const kube::WatchEvent& event) {
                        told.push_back(std::to_string(static_cast<int>(event.type)) +
                                       std::string(event.object.text_at("/metadata/name")) +
                                       std::string(event.object.text_at("/data/v")));
                        ++count;
                        count.notify_all();
                      });
    EXPECT_TRUE(base::is_cancelled(ended.error())) << why(ended);
  });
  ASSERT_TRUE(create("a"));
  ASSERT_TRUE(client_.merge_patch(kConfigMaps, {ns_, "a"}, {{"data", {{"v", "\u4f60"}}}}));
  ASSERT_TRUE(client_.remove(kConfigMaps, {ns_, "a"}));
  for (size_t seen = count; seen < 3; seen = count) count.wait(seen);
  stop.request_stop();
  watcher.join();
  EXPECT_EQ(told, (std::vector<std::string>{"0a1", "1a\u4f60", "2a\u4f60"}));
}

TEST_F(KubeClient, AWatchEndsWhenItsTimeIsOver) {
  const auto list = client_.list(kConfigMaps, {.ns = ns_});
  ASSERT_TRUE(list) << why(list);
  const auto ended = client_.watch(
      kConfigMaps,
      {.ns = ns_, .resource_version = version_of(list->root().json()), .timeout_seconds = 1}, {},
      [](const kube::WatchEvent&) {});
  EXPECT_TRUE(ended) << why(ended);
}

// Events are served without a cache, so that etcd's compaction shows at once.
class Compaction : public KubeClient {
 protected:
  base::Result<Json> create_event(const std::string& name) {
    return client_.create(kube::kEvents, ns_,
                          {{"metadata", {{"name", name}}},
                           {"eventTime", base::format_micro_time(clock_.wall())},
                           {"type", "Normal"},
                           {"reason", "Test"},
                           {"action", "Test"},
                           {"reportingController", "test"},
                           {"reportingInstance", "test"},
                           {"regarding", {{"kind", "ConfigMap"}, {"namespace", ns_}}}});
  }
  // Makes etcd forget everything before `version`.
  void compact(const std::string& version) {
    const auto etcd = base::environment("CRESSET_ETCD");
    ASSERT_TRUE(etcd) << "CRESSET_ETCD must hold etcd's URL";
    const auto pki = base::environment("CRESSET_ETCD_PKI");
    ASSERT_TRUE(pki) << "CRESSET_ETCD_PKI must hold the folder of etcd's certificates";
    const auto pem = [&](const char* name) { return base::read_file(*pki + name).value_or(""); };
    net::HttpClient http({.tls = {.ca_pem = pem("/etcd-ca.crt"),
                                  .certificate_pem = pem("/etcd-client.crt"),
                                  .key_pem = pem("/etcd-client.key")}});
    const auto answer = http.send({.method = "POST",
                                   .url = *etcd + "/v3/kv/compaction",
                                   .body = R"({"revision": ")" + version + "\"}"});
    ASSERT_TRUE(answer) << why(answer);
    ASSERT_EQ(answer->status, 200) << answer->body;
  }
  base::SystemClock clock_;
};

TEST_F(Compaction, AWatchFromAForgottenVersionIsGone) {
  const auto first = create_event("a");
  ASSERT_TRUE(create_event("b"));
  const auto last = create_event("c");
  ASSERT_TRUE(first && last) << why(first) << why(last);
  compact(version_of(*last));
  std::optional<base::Error> told;
  const auto ended = client_.watch(
      kube::kEvents, {.ns = ns_, .resource_version = version_of(*first), .timeout_seconds = 5}, {},
      [&](const kube::WatchEvent& event) {
        if (event.type == kube::WatchEventType::kError)
          told = kube::status_error(static_cast<int>(event.object.number_at("/code")),
                                    base::dump(event.object.json()));
      });
  if (!ended) told = ended.error();
  ASSERT_TRUE(told);
  EXPECT_TRUE(base::is_gone(*told)) << told->message();
}

TEST_F(Compaction, ALaterPageOfAForgottenVersionIsGone) {
  ASSERT_TRUE(create_event("a"));
  ASSERT_TRUE(create_event("b"));
  kube::ListOptions options{.ns = ns_, .limit = 1};
  const auto page = client_.list(kube::kEvents, options);
  ASSERT_TRUE(page) << why(page);
  const auto later = create_event("c");
  ASSERT_TRUE(later) << why(later);
  compact(version_of(*later));
  options.continue_token = page->root().text_at("/metadata/continue");
  const auto next = client_.list(kube::kEvents, options);
  ASSERT_FALSE(next);
  EXPECT_TRUE(base::is_gone(next.error())) << why(next);
}

TEST_F(KubeClient, AVersionAheadOfTheServerIsGoneToo) {
  const auto list = client_.list(kConfigMaps, {.ns = ns_, .resource_version = "9999999999"});
  ASSERT_FALSE(list);
  EXPECT_TRUE(base::is_gone(list.error())) << why(list);
  const auto pods = client_.list(kPods, {.ns = ns_, .resource_version = "9999999999"});
  ASSERT_FALSE(pods) << "whose errors come as protobuf";
  EXPECT_TRUE(base::is_gone(pods.error())) << why(pods);
}

TEST_F(KubeClient, ATokenWithoutRightsIsForbiddenAndTheErrorNamesTheVerb) {
  const auto token = base::environment("CRESSET_NOBODY_TOKEN");
  ASSERT_TRUE(token) << "CRESSET_NOBODY_TOKEN must hold the token of an account without rights";
  auto config = cluster_config();
  config.certificate_pem = config.key_pem = "";
  config.token = *token;
  kube::Client nobody(config, base::silent());
  const auto list = nobody.list(kPods, {.ns = ns_});
  ASSERT_FALSE(list);
  EXPECT_TRUE(base::is_forbidden(list.error()));
  EXPECT_NE(why(list).find("cannot list resource \"pods\""), std::string::npos) << why(list);
  config.token = "nonsense";
  kube::Client stranger(config, base::silent());
  EXPECT_TRUE(base::is_unauthorized(stranger.list(kPods, {.ns = ns_}).error()));
}

TEST_F(KubeClient, AServerWithACertificateOfAnotherAuthorityIsNotSpokenTo) {
  auto config = cluster_config();
  config.ca_pem = config.certificate_pem;
  kube::Client client(config, base::silent());
  const auto version = client.get_path("/version");
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().kind(), base::ErrorKind::kUnavailable) << why(version);
}

}  // namespace
}  // namespace cresset::integration
