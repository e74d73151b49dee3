#include "operator/kube/core/sparse_json.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace cresset::kube {
namespace {

using base::Json;
using ::testing::HasSubstr;

TEST(SparseJson, LeavesOutWhatIsNamedAndNothingElse) {
  const SparseParser parser({"/object/metadata/managedFields", "/object/spec/containers"});
  const auto parsed = parser.parse(
      R"({"type": "ADDED", "object": {"metadata": {"name": "a", "managedFields": [{"manager": "x"}]},
          "spec": {"containers": [{"name": "c"}], "nodeName": "n"}, "managedFields": 1}})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, Json::parse(R"({"type": "ADDED", "object": {"metadata": {"name": "a"},
                                     "spec": {"nodeName": "n"}, "managedFields": 1}})"));
}

TEST(SparseJson, AListOnTheWayStandsForEachOfItsElements) {
  const SparseParser parser(below("/items", {"/spec", "/metadata/managedFields"}));
  const auto parsed = parser.parse(
      R"({"items": [{"spec": 1, "metadata": {"name": "a"}}, {"spec": {}, "status": {"spec": 2}}]})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed,
            Json::parse(R"({"items": [{"metadata": {"name": "a"}}, {"status": {"spec": 2}}]})"));
}

TEST(SparseJson, LeavesOutTheSameWhereTheFastParserGivesUp) {
  const SparseParser parser({"/items/spec/containers"});
  const auto parsed = parser.parse(
      R"({"items": [{"spec": {"containers": [1], "n": 123456789012345678901234567890}}, 1]})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, Json::parse(R"({"items": [{"spec": {"n": 123456789012345678901234567890}},
                                               1]})"));
}

TEST(SparseJson, GivesTheSameAsTheOtherParserForEveryKindOfValue) {
  for (const char* text :
       {R"({})", R"([])", R"("text")", "3", "-3", "18446744073709551615", "1e3", "0.1", "true",
        "null", R"({"a": [1, -2.5, {"b": [null, false, "ü\n\u00e9"]}], "": {}})",
        R"({"a": 1, "a": 2})", "123456789012345678901234567890"}) {
    const auto parsed = SparseParser().parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(base::dump(*parsed), base::dump(*base::parse_json(text))) << text;
  }
}

TEST(SparseJson, ErrorsAreThoseOfTheOtherParser) {
  const SparseParser parser({"/a"});
  for (const char* text : {"", "{", R"({"a": })", "[1,]", "\"\xff\"", "nul"})
    EXPECT_EQ(parser.parse(text).error().message(), base::parse_json(text).error().message());
  EXPECT_THAT(parser.parse("[1, 2]", {.max_bytes = 3}).error().message(), HasSubstr("at most 3"));
}

TEST(SparseJson, WhatIsNestedDeeperThanTheLimitIsLeftOutByBothParsers) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  const std::string huge = "123456789012345678901234567890";  // simdjson takes no such number
  for (const int depth : {1, 7, 8, 9, 12, 5000}) {
    const auto cut = SparseParser().parse(nested(depth), {.max_depth = 8});
    ASSERT_TRUE(cut) << cut.error().message();
    EXPECT_EQ(*cut, *base::parse_json(nested(std::min(depth, 8)))) << depth;
    const auto other = SparseParser().parse("[" + huge + ",{\"a\":" + nested(depth) + ",\"b\":1}]",
                                            {.max_depth = 10});
    ASSERT_TRUE(other) << other.error().message();
    EXPECT_EQ((*other)[1]["a"], *base::parse_json(nested(std::min(depth, 8)))) << depth;
    EXPECT_EQ((*other)[1]["b"], 1);
  }
  EXPECT_FALSE(SparseParser().parse(nested(20000), {.max_depth = 8})) << "no server sends this";
}

TEST(SparseJson, ElementsAreBoundedExactlyAndThoseLeftOutAreNotCounted) {
  for (const char* text : {"[1,2,3]", R"({"a":1,"b":[2]})", R"([{},[],""])", R"([[[0]]])", "7"})
    for (size_t most = 1; most < 6; ++most)
      EXPECT_EQ(SparseParser().parse(text, {.max_elements = most}).has_value(),
                base::parse_json(text, {.max_elements = most}).has_value())
          << text << " " << most;
  const auto refused = SparseParser().parse("[1,2,3]", {.max_elements = 3});
  EXPECT_THAT(refused.error().message(), HasSubstr("of more than 3 elements"));
  EXPECT_TRUE(
      SparseParser({"/spec"}).parse(R"({"spec": [1, 2, 3, 4], "a": 1})", {.max_elements = 2}));
}

TEST(SparseJson, TextsOfAnySizeFollowOneAnother) {
  for (const size_t size : {10, 3 << 20, 100, 900 << 10, 1}) {
    const Json made = {{"text", std::string(size, 'x')}};
    const auto parsed = SparseParser().parse(base::dump(made));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, made);
  }
}

RC_GTEST_PROP(SparseJson, GivesTheSameForAnyText, (const std::string& text)) {
  const auto parsed = SparseParser().parse(text);
  const auto other = base::parse_json(text);
  RC_ASSERT(parsed.has_value() == other.has_value());
}

}  // namespace
}  // namespace cresset::kube
