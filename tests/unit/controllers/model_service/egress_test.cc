#include "controllers/model_service/egress.h"

#include <gtest/gtest.h>

#include "tests/unit/controllers/model_service/world.h"

namespace cresset::controllers::model_service::egress_test {
namespace {

using base::Json;

const Json kDns = Json::parse(R"({"ports": [
    {"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"},
    {"port": 5353, "protocol": "UDP"}, {"port": 5353, "protocol": "TCP"},
    {"port": 8053, "protocol": "UDP"}, {"port": 8053, "protocol": "TCP"}]})");

Json everywhere(int port) {
  Json rule = Json::parse(R"({"to": [
      {"ipBlock": {"cidr": "0.0.0.0/0",
                   "except": ["169.254.0.0/16", "100.100.100.200/32", "168.63.129.16/32"]}},
      {"ipBlock": {"cidr": "::/0",
                   "except": ["fe80::/10", "fd00:ec2::254/128", "fd20:ce::254/128"]}}]})");
  rule["ports"] = Json::array();
  rule["ports"].push_back(Json::object({{"port", port}, {"protocol", "TCP"}}));
  return rule;
}

Json pods_of(const std::string& ns) {
  Json rule = Json::parse(R"({"to": [{"namespaceSelector": {"matchLabels": {}}}]})");
  rule["to"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] = ns;
  return rule;
}

Json pods_of_any_namespace() { return Json::parse(R"({"to": [{"namespaceSelector": {}}]})"); }

crds::ModelService service_at(const std::string& endpoint) {
  crds::ModelService service;
  service.meta.ns = "team";
  service.spec.storage.endpoint = endpoint;
  return service;
}

Json rules_for(const std::string& endpoint) {
  return egress_rules(service_at(endpoint), "s3://models/1");
}

TEST(Egress, AFileNeedsNoStore) {
  EXPECT_EQ(egress_rules(service_at("http://store:7070"), "file:///models/1"), Json::array({kDns}));
}

TEST(Egress, WithoutAnEndpointItIsTheProvidersHttps) {
  EXPECT_EQ(rules_for(""), Json::array({kDns, everywhere(443)}));
}

TEST(Egress, TheMetadataServiceIsOpenToPodsThatGoogleKnowsByTheirServiceAccountAlone) {
  const Json identity = Json::parse(R"({
      "to": [{"ipBlock": {"cidr": "169.254.169.254/32"}},
             {"ipBlock": {"cidr": "169.254.169.252/32"}},
             {"ipBlock": {"cidr": "fd20:ce::254/128"}}],
      "ports": [{"port": 80, "protocol": "TCP"}, {"port": 988, "protocol": "TCP"}]})");
  auto service = service_at("");
  const Json closed = Json::array({kDns, everywhere(443)});
  EXPECT_EQ(egress_rules(service, "gs://models/1"), closed);
  service.spec.pod.service_account = "reader";
  EXPECT_EQ(egress_rules(service, "gs://models/1"), Json::array({kDns, everywhere(443), identity}));
  EXPECT_EQ(egress_rules(service, "s3://models/1"), closed);
  service.spec.storage.endpoint = "http://gcs.example.com";
  EXPECT_EQ(egress_rules(service, "gs://models/1"), Json::array({kDns, everywhere(80)}))
      << "no token is sent there";
  service.spec.storage = {.secret_name = "gcs"};
  EXPECT_EQ(egress_rules(service, "gs://models/1"), closed);
}

TEST(Egress, ANameOutsideIsReachedAtItsPortAlone) {
  EXPECT_EQ(rules_for("https://s3.example.com"), Json::array({kDns, everywhere(443)}));
  EXPECT_EQ(rules_for("http://s3.example.com"), Json::array({kDns, everywhere(80)}));
  EXPECT_EQ(rules_for("https://s3.example.com:9000/path?x=1#y"),
            Json::array({kDns, everywhere(9000)}));
}

TEST(Egress, ANameInTheClusterOpensItsNamespaceAtAnyPort) {
  for (const char* host :
       {"minio.store.svc", "minio.store.svc.cluster.local", "MinIO.Store.SVC.cluster.local.",
        "minio-0.minio.store.svc.cluster.local", "minio.store.svc.corp.example"})
    EXPECT_EQ(rules_for(std::string("http://") + host + ":9000"),
              Json::array({kDns, pods_of("store"), everywhere(9000)}))
        << host;
  EXPECT_EQ(rules_for("http://minio.store"), Json::array({kDns, pods_of("store"), everywhere(80)}))
      << "perhaps a name outside";
  EXPECT_EQ(rules_for("http://minio.svc.svc"), Json::array({kDns, pods_of("svc"), everywhere(80)}));
}

TEST(Egress, ANameWithoutADotIsOfTheServicesNamespace) {
  EXPECT_EQ(rules_for("http://minio:9000"), Json::array({kDns, pods_of("team"), everywhere(9000)}));
  EXPECT_EQ(rules_for("https://minio"), Json::array({kDns, pods_of("team"), everywhere(443)}));
}

TEST(Egress, APrivateAddressMayBeAServicesOwn) {
  for (const char* host : {"10.96.0.7", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
                           "100.127.255.255", "[fd00::7]", "[FC00::1]"})
    EXPECT_EQ(rules_for(std::string("http://") + host + ":9000"),
              Json::array({kDns, pods_of_any_namespace(), everywhere(9000)}))
        << host;
  for (const char* host : {"11.0.0.1", "172.15.255.255", "172.32.0.0", "192.169.0.1", "100.63.0.1",
                           "100.128.0.0", "169.254.169.254", "[2001:db8::1]", "[fe80::1]", "[::1]"})
    EXPECT_EQ(rules_for(std::string("http://") + host + ":9000"),
              Json::array({kDns, everywhere(9000)}))
        << host;
  EXPECT_EQ(rules_for("https://[fd00::7]"),
            Json::array({kDns, pods_of_any_namespace(), everywhere(443)}));
}

// The worker says what is wrong with them; the API server must take the policy.
TEST(Egress, OfAnEndpointThatIsNoneThereIsStillAPolicy) {
  for (const char* port : {":0", ":65536", ":99999999999", ":9000x", ":", ":-1"})
    EXPECT_EQ(rules_for(std::string("http://s3.example.com") + port),
              Json::array({kDns, everywhere(80)}))
        << port;
  for (const char* endpoint :
       {"https://", "https://[", "https://[]", "https://a..svc", "https://a.b_c.svc",
        "https://a.-b.svc", "https://s3.example.com:", "https://user:1@s3.example.com"})
    EXPECT_EQ(rules_for(endpoint).back(), everywhere(443)) << endpoint;
  EXPECT_EQ(rules_for("http://a." + std::string(64, 'n') + ".svc"),
            Json::array({kDns, everywhere(80)}));
}

class EgressOfAService : public ::testing::Test {
 protected:
  // Until the revision that the spec asks for serves.
  void serve() {
    world.pass();
    world.all_ready();
    world.pass();
    world.pass();
    ASSERT_TRUE(world.look().empty()) << world.look();
  }
  // As an earlier release left it.
  void forget_egress() {
    for (auto& deployment : world.observed.deployments) deployment.egress.clear();
    world.observed.egress.clear();
  }
  Json rules(const std::string& revision) const {
    const Child* found = world.observed.egress_of(revision);
    return found == nullptr ? Json() : found->spec["egress"];
  }

  World world;
};

TEST_F(EgressOfAService, IsLimitedBeforeThereIsAReplica) {
  const Plan plan = world.pass();
  const std::string revision = world.wanted_revision();
  const Child& policy = *world.observed.egress_of(revision);
  EXPECT_EQ(policy.meta.key(), world.observed.deployment(revision)->meta.key());
  EXPECT_EQ(
      policy.spec,
      Json({{"podSelector",
             {{"matchLabels",
               {{"cresset.dev/model-service", "digits"}, {"cresset.dev/revision", revision}}}}},
            {"policyTypes", Json::array({"Egress"})},
            {"egress", Json::array({kDns, everywhere(443)})}}));
  std::vector<std::string> made;
  for (const auto& change : plan.changes) made.push_back(std::get<Create>(change).resource.kind);
  EXPECT_EQ(made,
            (std::vector<std::string>{"NetworkPolicy", "NetworkPolicy", "Deployment", "Service"}));
}

TEST_F(EgressOfAService, FollowsTheModelOfATrainingJob) {
  world.service.spec.model = {.training_job = "digits"};
  world.service.spec.storage.endpoint = "http://minio:9000";
  world.observed.trained = TrainedModel{.complete = true, .uri = "s3://m/1", .digest = "sha256:d"};
  world.pass();
  EXPECT_EQ(rules(world.wanted_revision()), Json::array({kDns, pods_of("team"), everywhere(9000)}));
}

TEST_F(EgressOfAService, IsPutBackWhenSomebodyChangesOrDeletesIt) {
  serve();
  const std::string revision = world.wanted_revision();
  const Child before = *world.observed.egress_of(revision);
  Child opened = before;
  opened.spec["egress"] = Json::array({Json::object()});
  Child lifted = before;
  lifted.spec["policyTypes"] = Json::array({"Ingress"});
  for (const Child& changed : {opened, lifted}) {
    world.put_egress(changed);
    EXPECT_EQ(world.pass().changes.size(), 1U);
    EXPECT_EQ(world.observed.egress_of(revision)->spec, before.spec);
  }
  world.remove_egress(before.meta.key());
  EXPECT_EQ(world.pass().changes.size(), 1U);
  EXPECT_EQ(world.observed.egress_of(revision)->spec, before.spec);
}

TEST_F(EgressOfAService, ARevisionOfAReleaseThatLimitedNothingStaysAsItIs) {
  serve();
  forget_egress();
  EXPECT_TRUE(world.look().empty()) << world.look();
  const std::string old = world.wanted_revision();

  world.service.spec.drain_seconds = 7;
  world.pass();
  EXPECT_EQ(rules(old), Json()) << "what serves is not cut off";
  EXPECT_EQ(rules(world.wanted_revision()), Json::array({kDns, everywhere(443)}));

  world.service.spec.drain_seconds = crds::ModelServiceSpec().drain_seconds;
  world.pass();
  EXPECT_TRUE(world.observed.egress.empty()) << "asked for again, it runs as it ran";
}

TEST_F(EgressOfAService, EachRevisionReachesItsOwnStoreAlone) {
  serve();
  const std::string old = world.wanted_revision();
  world.service.spec.storage.endpoint = "http://minio:9000";
  world.pass();
  EXPECT_EQ(rules(old), Json::array({kDns, everywhere(443)}));
  EXPECT_EQ(rules(world.wanted_revision()), Json::array({kDns, pods_of("team"), everywhere(9000)}));
  world.remove_egress(world.observed.egress_of(old)->meta.key());
  world.pass();
  EXPECT_EQ(rules(old), Json::array({kDns, everywhere(443)})) << "also put back while it leaves";
}

TEST_F(EgressOfAService, APolicyGoesWithItsRevision) {
  serve();
  const std::string old = world.wanted_revision();
  world.service.spec.storage.endpoint = "http://minio:9000";
  serve();
  EXPECT_EQ(rules(old), Json());
  EXPECT_EQ(world.observed.egress.size(), 1U);
}

TEST_F(EgressOfAService, ARevisionThatIsTakenBackTakesItsPolicyAlong) {
  serve();
  world.service.spec.storage.endpoint = "http://minio:9000";
  world.pass();
  world.service.spec.storage.endpoint = "";
  world.pass();
  EXPECT_EQ(world.observed.egress.size(), 1U);
  EXPECT_EQ(rules(world.wanted_revision()), Json::array({kDns, everywhere(443)}));
}

TEST_F(EgressOfAService, RulesThatCannotBeReadChangeNothing) {
  serve();
  for (const char* text : {"", "{", "7", "{}"}) {
    world.observed.deployments.front().egress = text;
    EXPECT_TRUE(world.look().empty()) << text << world.look();
  }
}

}  // namespace
}  // namespace cresset::controllers::model_service::egress_test
