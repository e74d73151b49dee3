#include "operator/kube/core/json_view.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "operator/kube/core/document.h"

namespace cresset::kube {
namespace {

using base::Json;

constexpr std::string_view kText =
    R"({"text": "a\n\u00e9", "none": null, "yes": true, "list": [1, "b",
  {"deep": "c"}], "a/b": {"~": "tilde"}, "numbers": {"least": -9223372036854775808,
  "most": 18446744073709551615, "real": 2.9, "beyond": 1e30}, "twice": 1, "twice": "last"})";

// The same value, once in each of the two that hold one.
class Views : public ::testing::TestWithParam<bool> {
 protected:
  Views() : json_(Json::parse(kText)) { EXPECT_TRUE(document_.read(kText)); }
  JsonView root() const { return GetParam() ? document_.root() : JsonView(json_); }

  Document document_;
  Json json_;
};

TEST_P(Views, FindByPointer) {
  EXPECT_EQ(root().text_at("/text"), "a\n\u00e9");
  EXPECT_EQ(root().text_at("/list/1"), "b");
  EXPECT_EQ(root().text_at("/list/2/deep"), "c");
  EXPECT_EQ(root().text_at("/a~1b/~0"), "tilde");
  EXPECT_EQ(root().find("/list").text_at("/01"), "b");
  EXPECT_EQ(root().text_at("/twice"), "last");
  EXPECT_TRUE(root().flag_at("/yes"));
  EXPECT_TRUE(root().find(""));
  EXPECT_TRUE(root().find("/none")) << "null is there";
}

TEST_P(Views, WhatIsAbsentOrOfAnotherTypeReadsAsNothing) {
  for (const char* pointer : {"/no", "/text/0", "/list/3", "/list/x", "/list/-1", "/list/1/a",
                              "/none/a", "/yes/0", "/list/99999999999999999999"})
    EXPECT_FALSE(root().find(pointer)) << pointer;
  EXPECT_EQ(root().text_at("/yes", "other"), "other");
  EXPECT_EQ(root().number_at("/text", 7), 7);
  EXPECT_TRUE(root().flag_at("/none", true));
  EXPECT_EQ(root().find("/text").size(), 0U);
  EXPECT_EQ(JsonView().text_at("/a", "other"), "other");
  EXPECT_EQ(JsonView().number_at("/a", 7), 7);
  EXPECT_EQ(JsonView().json(), Json());
  root().find("/text").each_item([](const JsonView&) { FAIL(); });
  root().find("/list").each_field([](std::string_view, const JsonView&) { FAIL(); });
}

TEST_P(Views, NumbersAreReadAsElsewhere) {
  for (const char* pointer :
       {"/numbers/least", "/numbers/most", "/numbers/real", "/numbers/beyond", "/list/0", "/yes"})
    EXPECT_EQ(root().number_at(pointer, 7), base::number_at(json_, pointer, 7)) << pointer;
}

TEST_P(Views, ItemsAndFieldsComeInOrder) {
  std::vector<Json> items;
  root().find("/list").each_item([&](const JsonView& item) { items.push_back(item.json()); });
  EXPECT_EQ(Json(items), json_["list"]);
  Json fields = Json::object();
  root().find("/numbers").each_field([&](std::string_view key, const JsonView& value) {
    fields[std::string(key)] = value.json();
  });
  EXPECT_EQ(fields, json_["numbers"]);
  EXPECT_EQ(root().find("/list").size(), 3U);
  EXPECT_EQ(root().find("/numbers").size(), 4U);
}

TEST_P(Views, ACopyIsTheValueWithoutWhatIsNestedTooDeep) {
  EXPECT_EQ(root().json(), json_);
  Json cut = json_;
  cut["list"].erase(2);
  EXPECT_EQ(root().json(2), cut);
  cut.erase("list"), cut.erase("a/b"), cut.erase("numbers");
  EXPECT_EQ(root().json(1), cut);
}

INSTANTIATE_TEST_SUITE_P(Held, Views, ::testing::Bool(),
                         [](const auto& held) { return held.param ? "ByADocument" : "AsJson"; });

TEST(ObjectJson, HasNoManagedFields) {
  Document document;
  ASSERT_TRUE(document.read(
      R"({"kind": "Pod", "managedFields": 1, "spec": {"managedFields": 2},
          "metadata": {"name": "a", "managedFields": [{"manager": "x"}], "labels": {"b": "c"}}})"));
  EXPECT_EQ(object_json(document.root()),
            Json::parse(R"({"kind": "Pod", "managedFields": 1, "spec": {"managedFields": 2},
                            "metadata": {"name": "a", "labels": {"b": "c"}}})"));
  EXPECT_EQ(object_json(Json{{"metadata", "none"}}), (Json{{"metadata", "none"}}));
  EXPECT_EQ(object_json(Json("none")), Json::object());
}

}  // namespace
}  // namespace cresset::kube
