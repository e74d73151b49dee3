#include "controllers/common/mend.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "controllers/common/names.h"
#include "operator/kube/core/resource.h"

namespace cresset::controllers::mend_test {
namespace {

using base::Json;

Json policy() {
  return Json::parse(R"({
    "podSelector": {"matchLabels": {"app": "digits"}},
    "policyTypes": ["Ingress"],
    "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "gateway"}}}],
                 "ports": [{"port": 8080, "protocol": "TCP"}]}]})");
}

Json service() {
  return Json::parse(R"({
    "clusterIP": "None",
    "selector": {"app": "digits"},
    "ports": [{"name": "store", "port": 29500, "protocol": "TCP"}]})");
}

// `spec` after somebody merged `edit` into it.
Json edited(Json spec, const std::string& edit) {
  spec.merge_patch(Json::parse(edit));
  return spec;
}

Json mended(Json actual, const Json& wanted) {
  const Json patch = mend(actual, wanted);
  if (!patch.is_null()) actual.merge_patch(patch);
  return actual;
}

// That each of `edits` is undone.
void expect_put_back(const Json& wanted, const std::vector<std::string>& edits) {
  for (const auto& edit : edits) {
    const Json actual = edited(wanted, edit);
    EXPECT_NE(actual, wanted) << edit;
    EXPECT_EQ(mended(actual, wanted), wanted) << edit;
  }
}

TEST(Mend, WhatIsAsItShouldBeIsLeftAlone) {
  EXPECT_EQ(mend(policy(), policy()), Json());
  EXPECT_EQ(mend(service(), service()), Json());
}

TEST(Mend, WhatTheApiServerFillsInIsNoChange) {
  const Json filled = edited(service(), R"({
      "type": "ClusterIP", "clusterIPs": ["None"], "internalTrafficPolicy": "Cluster",
      "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "sessionAffinity": "None",
      "ports": [{"name": "store", "port": 29500, "protocol": "TCP", "targetPort": 29500}]})");
  EXPECT_EQ(mend(filled, service()), Json());
  const Json emptied = edited(policy(), R"({
      "egress": [],
      "podSelector": {"matchExpressions": []},
      "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "gateway"}}}],
                   "ports": [{"port": 8080}]}]})");
  EXPECT_EQ(mend(emptied, policy()), Json());
}

TEST(Mend, AFieldThatWeDoNotWriteIsOthers) {
  EXPECT_EQ(mend(edited(service(), R"({"sessionAffinity": "ClientIP"})"), service()), Json());
  EXPECT_EQ(mend(edited(policy(), R"({"egress": [{}]})"), policy()), Json())
      << "without its policyType it says nothing";
}

TEST(Mend, AKeyThatSomebodyAddedGoes) {
  expect_put_back(
      service(),
      {R"({"selector": {"only": "these"}})", R"({"selector": {"protocol": "TCP"}})",
       R"({"ports": [{"name": "store", "port": 29500, "protocol": "TCP", "nodePort": 30000}]})",
       R"({"ports": [{"name": "store", "port": 29500, "targetPort": "other"}]})"});
  expect_put_back(
      policy(),
      {R"({"podSelector": {"matchLabels": {"only": "these"}}})",
       R"({"podSelector": {"matchExpressions": [{"key": "only", "operator": "Exists"}]}})",
       R"({"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "gateway"}},
                                  "namespaceSelector": {}}],
                        "ports": [{"port": 8080, "protocol": "TCP"}]}]})",
       R"({"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "gateway"}}}],
                        "ports": [{"port": 8080, "protocol": "TCP", "endPort": 9090}]}]})"});
}

TEST(Mend, WhatSomebodyChangedOrTookAwayComesBack) {
  expect_put_back(service(), {R"({"selector": {"app": "other"}})", R"({"selector": null})",
                              R"({"ports": []})", R"({"clusterIP": "10.0.0.1"})",
                              R"({"ports": [{"name": "store", "port": 29501, "protocol": "TCP"}]})",
                              R"({"ports": [{"name": "store", "port": 29500, "protocol": "TCP"},
                                 {"name": "more", "port": 1, "protocol": "TCP"}]})"});
  expect_put_back(policy(), {R"({"ingress": [{}]})", R"({"ingress": []})", R"({"ingress": null})",
                             R"({"policyTypes": ["Ingress", "Egress"], "egress": null})",
                             R"({"podSelector": {"matchLabels": null}})",
                             R"({"ingress": [{"ports": [{"port": 8080, "protocol": "TCP"}]}]})"});
}

TEST(Mend, SaysNoMoreThanWhatIsToBeChanged) {
  EXPECT_EQ(mend(edited(service(), R"({"selector": {"only": "these"}})"), service()),
            Json::parse(R"({"selector": {"app": "digits", "only": null}})"));
  EXPECT_EQ(mend(edited(policy(), R"({"policyTypes": ["Egress"]})"), policy()),
            Json::parse(R"({"policyTypes": ["Ingress"]})"));
}

TEST(Mend, OfNoSpecItMakesTheWhole) { EXPECT_EQ(mend(Json(), service()), service()); }

Json spec_for(const std::string& owner) {
  Json spec = service();
  spec["selector"]["app"] = owner;
  return spec;
}

Json child_with(const Json& spec) {
  const kube::ObjectMeta owner{.ns = "team", .name = "digits", .uid = base::Uid("job")};
  Json child = Json::object();
  child["metadata"] = {{"name", "digits-workers"}, {"namespace", "team"}, {"uid", "child"}};
  child["metadata"]["ownerReferences"] = owner_references(kube::kTrainingJobs, owner);
  child["spec"] = spec;
  return child;
}

TEST(AChildToMend, IsKeptWithItsSpecAndAnyOtherWithout) {
  const auto as_made = decode_child_to_mend(child_with(service()), spec_for);
  ASSERT_TRUE(as_made);
  EXPECT_EQ(as_made->meta.name, "digits-workers");
  EXPECT_EQ(as_made->spec, Json());
  const Json changed = edited(service(), R"({"selector": {"only": "these"}})");
  EXPECT_EQ(decode_child_to_mend(child_with(changed), spec_for)->spec, changed);
  Json without_owner = child_with(changed);
  without_owner["metadata"].erase("ownerReferences");
  EXPECT_EQ(decode_child_to_mend(without_owner, spec_for)->spec, Json()) << "it is not ours";
}

}  // namespace
}  // namespace cresset::controllers::mend_test
