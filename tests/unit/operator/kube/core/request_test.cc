#include "operator/kube/core/request.h"

#include <gtest/gtest.h>

namespace cresset::kube {
namespace {

using base::Json;

const ObjectKey kJob{"team", "digits"};

TEST(Request, AnObjectIsAddressedByGroupVersionNamespaceAndName) {
  EXPECT_EQ(get_request(kTrainingJobs, kJob).target,
            "/apis/cresset.dev/v1alpha1/namespaces/team/trainingjobs/digits");
  EXPECT_EQ(get_request(kPods, kJob).target, "/api/v1/namespaces/team/pods/digits");
  EXPECT_EQ(get_request(kNodes, {"", "n1"}).target, "/api/v1/nodes/n1");
  EXPECT_EQ(get_request(kPods, kJob).method, "GET");
}

TEST(Request, ANameCannotLeaveItsPathSegment) {
  EXPECT_EQ(get_request(kPods, {"team", "../secrets/a?b#c"}).target,
            "/api/v1/namespaces/team/pods/..%2Fsecrets%2Fa%3Fb%23c");
}

TEST(Request, AListNamesSelectorsLimitAndVersion) {
  EXPECT_EQ(list_request(kPods, {.ns = "team",
                                 .label_selector = "app=a,b in (c)",
                                 .field_selector = "spec.nodeName=n",
                                 .resource_version = "7",
                                 .limit = 500})
                .target,
            "/api/v1/namespaces/team/pods?labelSelector=app%3Da%2Cb%20in%20%28c%29"
            "&fieldSelector=spec.nodeName%3Dn&limit=500&resourceVersion=7");
  EXPECT_EQ(list_request(kPods, {}).target, "/api/v1/pods");
}

TEST(Request, ALaterPageDoesNotNameAVersion) {
  EXPECT_EQ(
      list_request(kPods, {.resource_version = "7", .limit = 2, .continue_token = "t="}).target,
      "/api/v1/pods?limit=2&continue=t%3D");
}

TEST(Request, AWatchAsksForBookmarksAndAnEnd) {
  EXPECT_EQ(watch_request(kPods, {.resource_version = "9", .timeout_seconds = 170}).target,
            "/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=9"
            "&timeoutSeconds=170");
}

TEST(Request, PodsAreAskedForInProtobufWhereManyCome) {
  EXPECT_EQ(watch_request(kPods, {}).accept,
            "application/vnd.kubernetes.protobuf,application/json");
  EXPECT_EQ(list_request(kPods, {}).accept, watch_request(kPods, {}).accept);
  EXPECT_EQ(get_request(kPods, kJob).accept, "application/json");
  EXPECT_EQ(list_request(kServices, {}).accept, "application/json");
}

TEST(Request, AWatchMayAskForAllThatThereIsFirst) {
  EXPECT_EQ(watch_request(kPods, {.timeout_seconds = 170, .initial_events = true}).target,
            "/api/v1/pods?watch=true&allowWatchBookmarks=true&sendInitialEvents=true"
            "&resourceVersionMatch=NotOlderThan&timeoutSeconds=170");
  EXPECT_EQ(watch_request(kPods, {.resource_version = "9", .initial_events = true}).target,
            "/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=9"
            "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=300");
}

TEST(Request, ACreateSaysWhoseItIsAndChecksFieldsStrictly) {
  const auto request = create_request(kPods, "team", {{"kind", "Pod"}});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target,
            "/api/v1/namespaces/team/pods?fieldManager=cresset-operator&fieldValidation=Strict");
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_EQ(request.body, R"({"kind":"Pod"})");
}

TEST(Request, AnApplyNamesItsManagerAndItsObject) {
  const auto request =
      apply_request(kPods, kJob, {{"spec", {{"nodeName", "n"}}}}, "cresset operator", "status");
  EXPECT_EQ(request.method, "PATCH");
  EXPECT_EQ(request.target,
            "/api/v1/namespaces/team/pods/digits/status?fieldManager=cresset%20operator"
            "&force=true");
  EXPECT_EQ(request.content_type, "application/apply-patch+yaml");
  EXPECT_EQ(Json::parse(request.body),
            Json::parse(R"({"apiVersion": "v1", "kind": "Pod", "spec": {"nodeName": "n"},
                            "metadata": {"namespace": "team", "name": "digits"}})"));
}

TEST(Request, PatchAndReplaceSayWhoseTheyAreAndWhatTheirBodiesAre) {
  const auto patch = merge_patch_request(kPods, kJob, {{"a", 1}}, "status");
  EXPECT_EQ(patch.target,
            "/api/v1/namespaces/team/pods/digits/status?fieldManager=cresset-operator");
  EXPECT_EQ(patch.content_type, "application/merge-patch+json");
  const auto put = replace_request(kPods, kJob, {{"a", 1}});
  EXPECT_EQ(put.method, "PUT");
  EXPECT_EQ(put.target, "/api/v1/namespaces/team/pods/digits?fieldManager=cresset-operator");
  EXPECT_EQ(put.content_type, "application/json");
  EXPECT_EQ(put.body, R"({"a":1})");
}

TEST(Request, ADeleteCarriesItsPreconditions) {
  const auto request = delete_request(kPods, kJob, {.uid = base::Uid("u1"), .grace_seconds = 0});
  EXPECT_EQ(request.method, "DELETE");
  EXPECT_EQ(Json::parse(request.body), Json::parse(R"({"apiVersion": "v1", "kind": "DeleteOptions",
                            "propagationPolicy": "Background", "gracePeriodSeconds": 0,
                            "preconditions": {"uid": "u1"}})"));
  const auto of_version = delete_request(
      kPods, kJob, {.uid = base::Uid("u1"), .resource_version = base::ResourceVersion("7")});
  EXPECT_EQ(Json::parse(of_version.body)["preconditions"],
            Json::parse(R"({"uid": "u1", "resourceVersion": "7"})"));
  EXPECT_FALSE(Json::parse(delete_request(kPods, kJob, {}).body).contains("preconditions"));
}

}  // namespace
}  // namespace cresset::kube
