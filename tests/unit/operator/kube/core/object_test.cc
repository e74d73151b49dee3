#include "operator/kube/core/object.h"

#include <gtest/gtest.h>

namespace cresset::kube {
namespace {

using base::Json;
using namespace std::chrono_literals;

Json pod() {
  return Json::parse(R"({
    "metadata": {"namespace": "team", "name": "digits-0", "uid": "u1", "resourceVersion": "42",
      "generation": 3, "creationTimestamp": "2026-01-01T00:00:10Z",
      "deletionTimestamp": "2026-01-01T00:01:00Z", "labels": {"a": "b"},
      "annotations": {"c": "d"},
      "ownerReferences": [
        {"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u8"},
        {"apiVersion": "cresset.dev/v1alpha1", "kind": "TrainingJob", "name": "digits",
         "uid": "u9", "controller": true}]}})");
}

TEST(ObjectMeta, HoldsEveryFieldThatIsRead) {
  const auto meta = decode_meta(pod());
  EXPECT_EQ(meta.key().to_string(), "team/digits-0");
  EXPECT_EQ(meta.uid, base::Uid("u1"));
  EXPECT_EQ(meta.resource_version, base::ResourceVersion("42"));
  EXPECT_EQ(meta.generation, 3);
  EXPECT_EQ(base::format_time(*meta.created), "2026-01-01T00:00:10Z");
  EXPECT_EQ(base::format_time(*meta.deleted), "2026-01-01T00:01:00Z");
  EXPECT_EQ(meta.labels->at("a"), "b");
  EXPECT_EQ(meta.annotations->at("c"), "d");
}

TEST(ObjectMeta, ItsControllerIsTheOwnerThatSaysSo) {
  const auto meta = decode_meta(pod());
  ASSERT_NE(meta.controller(), nullptr);
  EXPECT_EQ(meta.controller()->uid, base::Uid("u9"));
  EXPECT_EQ(meta.owners->size(), 2U);
  EXPECT_EQ(decode_meta(Json::object()).controller(), nullptr);
}

TEST(ObjectMeta, OddTypesAreReadAsAbsent) {
  const auto meta = decode_meta(Json::parse(
      R"({"metadata": {"name": 7, "labels": [1], "ownerReferences": {}, "annotations": "x"}})"));
  EXPECT_EQ(meta, ObjectMeta{});
}

TEST(ObjectMeta, AnEncodedOwnerDecodesToItself) {
  const OwnerReference owner{.api_version = "cresset.dev/v1alpha1",
                             .kind = "TrainingJob",
                             .name = "digits",
                             .uid = base::Uid("u9"),
                             .controller = true};
  const Json object = {{"metadata", {{"ownerReferences", {encode_owner(owner)}}}}};
  EXPECT_EQ(*decode_meta(object).owners, Owners{owner});
  EXPECT_TRUE(encode_owner(owner).at("blockOwnerDeletion").get<bool>());
}

class Conditions : public ::testing::Test {
 protected:
  base::ManualClock clock_;
  std::vector<Condition> list_;
};

TEST_F(Conditions, TheTransitionTimeMovesOnlyWithTheStatus) {
  Condition ready{.type = "Ready", .status = ConditionStatus::kFalse, .reason = "Starting"};
  EXPECT_TRUE(set_condition(list_, ready, clock_.wall()));
  const auto first = list_[0].last_transition;
  clock_.advance(90s);
  ready.reason = "Loading";
  EXPECT_TRUE(set_condition(list_, ready, clock_.wall()));
  EXPECT_EQ(list_[0].last_transition, first);
  ready.status = ConditionStatus::kTrue;
  EXPECT_TRUE(set_condition(list_, ready, clock_.wall()));
  EXPECT_EQ(*list_[0].last_transition, *first + 90s);
  EXPECT_EQ(list_.size(), 1U);
}

TEST_F(Conditions, SettingTheSameAgainChangesNothing) {
  const Condition ready{.type = "Ready", .status = ConditionStatus::kTrue, .reason = "Up"};
  set_condition(list_, ready, clock_.wall());
  clock_.advance(5s);
  EXPECT_FALSE(set_condition(list_, ready, clock_.wall()));
}

TEST_F(Conditions, WhatIsKeptEqualsWhatComesBackFromTheServer) {
  clock_.advance(1234ms);
  set_condition(list_, {.type = "A", .status = ConditionStatus::kTrue, .reason = "R"},
                clock_.wall());
  set_condition(list_, {.type = "B", .reason = "R", .message = "m", .observed_generation = 4},
                clock_.wall());
  EXPECT_EQ(decode_conditions(encode_conditions(list_)), list_);
}

TEST_F(Conditions, AMessageThatWasCutWithinACharacterIsNoNewsWhenItIsSetAgain) {
  const Condition cut{.type = "A", .reason = "R", .message = "gr\xc3"};
  set_condition(list_, cut, clock_.wall());
  auto back = decode_conditions(*base::parse_json(base::dump(encode_conditions(list_))));
  EXPECT_EQ(back, list_);
  EXPECT_FALSE(set_condition(back, cut, clock_.wall()));
}

TEST_F(Conditions, AreFoundByType) {
  set_condition(list_, {.type = "A", .status = ConditionStatus::kTrue}, clock_.wall());
  set_condition(list_, {.type = "B", .status = ConditionStatus::kFalse}, clock_.wall());
  EXPECT_TRUE(is_true(list_, "A"));
  EXPECT_FALSE(is_true(list_, "B"));
  EXPECT_FALSE(is_true(list_, "C"));
  EXPECT_EQ(find_condition(list_, "C"), nullptr);
  EXPECT_TRUE(decode_conditions(Json("no list")).empty());
}

}  // namespace
}  // namespace cresset::kube
