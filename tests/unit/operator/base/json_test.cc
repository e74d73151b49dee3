#include <gmock/gmock.h>

#include "operator/base/json.h"

namespace cresset::base {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Json, IsParsedWithinItsLimits) {
  EXPECT_EQ(parse_json(R"({"a":[1,2]})")->at("a").size(), 2u);
  const auto large = parse_json("[1,2,3]", {.max_bytes = 6});
  EXPECT_EQ(large.error().kind(), ErrorKind::kTooLarge);
  EXPECT_THAT(large.error().message(), HasSubstr("JSON of 7 bytes; at most 6"));
}

TEST(Json, IsRefusedWhenNestedTooDeep) {
  EXPECT_TRUE(parse_json("[[[1]]]", {.max_depth = 3}));
  const auto deep = parse_json("[[[[1]]]]", {.max_depth = 3});
  ASSERT_FALSE(deep);
  EXPECT_THAT(deep.error().message(), HasSubstr("deeper than 3"));
  EXPECT_FALSE(parse_json(std::string(100000, '[')));
}

// Two bytes of text are sixteen in memory, and an empty object many more.
TEST(Json, OfManyElementsIsRefusedThoughItsBytesAreFew) {
  for (const char* text : {"[1,2,3]", R"({"a":1,"b":[2]})", R"([{},[],""])", R"([[[0]]])"}) {
    EXPECT_TRUE(parse_json(text, {.max_elements = 4})) << text;
    const auto refused = parse_json(text, {.max_elements = 3});
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind(), ErrorKind::kTooLarge);
    EXPECT_THAT(refused.error().message(), HasSubstr("of more than 3 elements"));
  }
  std::string many = "[0";
  for (int i = 0; i < 1 << 20; ++i) many += ",0";
  EXPECT_THAT(parse_json(many + "]").error().message(), HasSubstr("of more than 524288 elements"));
}

TEST(Json, ThatIsBrokenIsAnErrorOfTheInput) {
  for (const char* text : {"", "{", "{\"a\":}", "[1,]", "nul", "{\"a\":1}x", "\"\xff\""}) {
    const auto json = parse_json(text);
    ASSERT_FALSE(json) << text;
    EXPECT_TRUE(is_invalid(json.error())) << text;
  }
}

TEST(Json, ThatIsBrokenIsNotQuotedForItMayBeASecret) {
  for (const char* text : {"{\"token\": \"s3cret", "{\"a\": s3cret}", "\"s3cret\" \"s3cret\""}) {
    const auto json = parse_json(text);
    ASSERT_FALSE(json) << text;
    EXPECT_THAT(json.error().message(), HasSubstr("parse error at line 1"));
    EXPECT_THAT(json.error().message(), Not(HasSubstr("s3cret")));
  }
}

TEST(Json, IsDumpedOnOneLineWithBrokenTextReplaced) {
  EXPECT_EQ(dump(Json{{"a", "line\nbreak"}}), R"({"a":"line\nbreak"})");
  EXPECT_EQ(dump(Json("\xff")), "\"\xef\xbf\xbd\"");
}

TEST(Json, TextIsMadeWhatItIsWhenItComesBack) {
  EXPECT_EQ(valid_utf8("gr\u00f6\u00dfer\n"), "gr\u00f6\u00dfer\n");
  EXPECT_EQ(valid_utf8("gr\xc3"), "gr\xef\xbf\xbd");
}

TEST(Json, IsFoundByPointer) {
  const Json value = {{"spec", {{"list", {10, 20}}, {"a/b", 1}, {"c~d", 2}, {"flag", true}}}};
  EXPECT_EQ(*find(value, ""), value);
  EXPECT_EQ(*find(value, "/spec/list/1"), 20);
  EXPECT_EQ(*find(value, "/spec/a~1b"), 1);
  EXPECT_EQ(*find(value, "/spec/c~0d"), 2);
  for (const char* none : {"/nothing", "/spec/list/2", "/spec/list/x", "/spec/list/",
                           "/spec/flag/x", "/spec/list/99999999"})
    EXPECT_EQ(find(value, none), nullptr) << none;
}

TEST(Json, GivesADefaultForWhatIsAbsentOrOfAnotherType) {
  const Json value = {{"text", "t"}, {"number", 3}, {"flag", true}};
  EXPECT_EQ(text_at(value, "/text"), "t");
  EXPECT_EQ(text_at(value, "/number", "other"), "other");
  EXPECT_EQ(number_at(value, "/number"), 3);
  EXPECT_EQ(number_at(value, "/text", 7), 7);
  EXPECT_EQ(real_at(value, "/number"), 3.0);
  EXPECT_EQ(real_at(value, "/text", 0.5), 0.5);
  EXPECT_TRUE(flag_at(value, "/flag"));
  EXPECT_TRUE(flag_at(value, "/none", true));
}

TEST(Json, ANumberBeyondSixtyFourBitsIsAsIfItWasAbsent) {
  const Json value = {{"most", 9.2e18}, {"beyond", 1e300}, {"below", -1e300}};
  EXPECT_EQ(number_at(value, "/most"), 9200000000000000000);
  EXPECT_EQ(number_at(value, "/beyond", 7), 7);
  EXPECT_EQ(number_at(value, "/below", 7), 7);
}

TEST(Json, TypesHaveTheNamesOfKubernetes) {
  EXPECT_EQ(type_name(Json::object()), "object");
  EXPECT_EQ(type_name(Json::array()), "array");
  EXPECT_EQ(type_name(Json("a")), "string");
  EXPECT_EQ(type_name(Json(1)), "integer");
  EXPECT_EQ(type_name(Json(1.5)), "number");
  EXPECT_EQ(type_name(Json(true)), "boolean");
  EXPECT_EQ(type_name(Json()), "null");
}

}  // namespace
}  // namespace cresset::base
