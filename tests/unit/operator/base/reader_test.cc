#include <gmock/gmock.h>

#include "operator/base/json.h"

namespace cresset::base {
namespace {

// The message of reading `text` below "spec" with `read`, or "" when nothing is wrong.
template <typename Read>
std::string complaint(const char* text, Read read) {
  const Json object = *parse_json(text);
  Reader reader(object, "spec");
  read(reader);
  const auto result = reader.finish();
  return result ? "" : result.error().message();
}

TEST(Reader, GivesWhatIsThere) {
  const Json object = {{"name", "n"},     {"count", 3},          {"rate", 0.5},
                       {"whole", 2},      {"on", true},          {"names", {"a", "b"}},
                       {"sizes", {1, 2}}, {"inner", {{"x", 1}}}, {"any", "thing"}};
  Reader reader(object, "spec");
  EXPECT_EQ(reader.text("name"), "n");
  EXPECT_EQ(reader.integer("count"), 3);
  EXPECT_EQ(reader.number("rate"), 0.5);
  EXPECT_EQ(reader.number("whole"), 2.0);
  EXPECT_EQ(reader.flag("on"), true);
  EXPECT_EQ(reader.texts("names"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(reader.integers("sizes"), (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(reader.object("inner")->at("x"), 1);
  EXPECT_EQ(*reader.any("any"), "thing");
  EXPECT_TRUE(reader.has("name"));
  EXPECT_TRUE(reader.finish());
}

TEST(Reader, GivesNothingForWhatIsAbsentOrNull) {
  const Json object = {{"null", nullptr}};
  Reader reader(object, "spec");
  EXPECT_EQ(reader.text("none"), std::nullopt);
  EXPECT_EQ(reader.integer("null"), std::nullopt);
  EXPECT_EQ(reader.object("none"), nullptr);
  EXPECT_FALSE(reader.has("null"));
  EXPECT_TRUE(reader.finish());
}

TEST(Reader, NamesTheFieldWhatWasFoundAndWhatIsAllowed) {
  const auto text = [](Reader& r) { r.text("a", 3); };
  const auto count = [](Reader& r) { r.integer("a", {.min = 1, .max = 9}); };
  const auto rate = [](Reader& r) { r.number("a", {.min = 0, .max = 1, .min_exclusive = true}); };
  EXPECT_EQ(complaint(R"({"a":7})", text), "spec.a must be a string, found integer 7");
  EXPECT_EQ(complaint(R"({"a":"four"})", text), "spec.a has 4 characters; at most 3 are allowed");
  EXPECT_EQ(complaint(R"({"a":"x"})", count), "spec.a must be an integer, found string \"x\"");
  EXPECT_EQ(complaint(R"({"a":1.5})", count), "spec.a must be an integer, found number 1.5");
  EXPECT_EQ(complaint(R"({"a":0})", count), "spec.a must be at least 1 and at most 9, found 0");
  EXPECT_EQ(complaint(R"({"a":10})", [](Reader& r) { r.integer("a", {.max = 9}); }),
            "spec.a must be at most 9, found 10");
  EXPECT_EQ(complaint(R"({"a":0})", rate), "spec.a must be above 0 and at most 1, found 0");
  EXPECT_EQ(complaint(R"({"a":true})", rate), "spec.a must be a number, found boolean true");
  EXPECT_EQ(complaint(R"({"a":"yes"})", [](Reader& r) { r.flag("a"); }),
            "spec.a must be true or false, found string \"yes\"");
  EXPECT_EQ(complaint(R"({"a":[]})", [](Reader& r) { r.object("a"); }),
            "spec.a must be an object, found array []");
  EXPECT_EQ(complaint(R"({"a":{}})", [](Reader& r) { r.array("a"); }),
            "spec.a must be a list, found object {}");
}

TEST(Reader, ListsWhatAnEnumerationAllows) {
  static constexpr std::string_view kAllowed[] = {"Open", "Keys"};
  const auto mode = [](Reader& r) { r.one_of("mode", kAllowed); };
  EXPECT_EQ(complaint(R"({"mode":"Keys"})", mode), "");
  EXPECT_EQ(complaint(R"({"mode":"open"})", mode),
            "spec.mode must be one of Open, Keys, found \"open\"");
}

TEST(Reader, NamesTheItemOfAList) {
  EXPECT_EQ(complaint(R"({"l":["a",2]})", [](Reader& r) { r.texts("l"); }),
            "spec.l[1] must be a string, found integer 2");
  EXPECT_EQ(complaint(R"({"l":[1,"b"]})", [](Reader& r) { r.integers("l"); }),
            "spec.l[1] must be an integer, found string \"b\"");
  EXPECT_EQ(
      complaint(R"({"l":[1,12]})", [](Reader& r) { r.integers("l", 9, {.min = 0, .max = 10}); }),
      "spec.l[1] must be between 0 and 10, found 12");
  EXPECT_EQ(complaint(R"({"l":[1,2,3]})", [](Reader& r) { r.integers("l", 2); }),
            "spec.l has 3 items; at most 2 are allowed");
}

TEST(Reader, ShortensALongValue) {
  const std::string text = "{\"a\":[\"" + std::string(500, 'x') + "\"]}";
  const auto message = complaint(text.c_str(), [](Reader& r) { r.text("a"); });
  EXPECT_THAT(message, ::testing::EndsWith("..."));
  EXPECT_LT(message.size(), 150u);
}

TEST(Reader, RefusesAnUnknownFieldAndNamesTheKnownOnes) {
  const auto read = [](Reader& r) {
    r.text("name");
    r.integer("count");
  };
  EXPECT_EQ(complaint(R"({"name":"a","cuont":1})", read),
            "spec.cuont is not a known field; known: count, name");
  const Json object = {{"cuont", 1}};
  Reader lenient(object, "spec");
  EXPECT_TRUE(lenient.finish_lenient());
}

TEST(Reader, SaysWhatIsRequired) {
  EXPECT_EQ(complaint("{}", [](Reader& r) { r.require("uri"); }), "spec.uri is required");
  EXPECT_EQ(complaint(R"({"uri":null})", [](Reader& r) { r.require("uri"); }),
            "spec.uri is required");
}

TEST(Reader, KeepsTheFirstError) {
  EXPECT_EQ(complaint(R"({"a":1,"b":2})",
                      [](Reader& r) {
                        r.text("b");
                        r.text("a");
                      }),
            "spec.b must be a string, found integer 2");
  EXPECT_EQ(complaint(R"({})",
                      [](Reader& r) {
                        r.check(fail(invalid("nested")));
                        r.add_error(invalid("own"));
                      }),
            "nested");
}

TEST(Reader, OfSomethingElseThanAnObjectSaysSo) {
  EXPECT_EQ(complaint("[1]", [](Reader& r) { r.text("a"); }),
            "spec must be an object, found array");
}

TEST(Reader, AtTheTopHasNoPath) {
  const Json object = {{"a", 1}};
  Reader reader(object, "");
  reader.text("a");
  EXPECT_EQ(reader.finish().error().message(), "a must be a string, found integer 1");
}

}  // namespace
}  // namespace cresset::base
