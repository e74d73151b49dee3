#include "operator/kube/core/document.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace cresset::kube {
namespace {

using base::Json;
using ::testing::HasSubstr;

// The text as a value; null when it was refused.
base::Result<Json> read(std::string_view text, base::JsonLimits limits = {}) {
  Document document;
  CRESSET_CHECK(document.read(text, limits));
  return document.root().json();
}

TEST(Documents, GiveTheSameAsTheOtherParserForEveryKindOfValue) {
  for (const char* text :
       {R"({})", R"([])", R"("text")", "3", "-3", "18446744073709551615", "1e3", "0.1", "true",
        "null", R"({"a": [1, -2.5, {"b": [null, false, "ü\n\u00e9"]}], "": {}})",
        R"({"a": 1, "a": 2})", "123456789012345678901234567890"}) {
    const auto parsed = read(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(base::dump(*parsed), base::dump(*base::parse_json(text))) << text;
  }
}

TEST(Documents, AreReadInTheSameWordsWhereTheFastParserGivesUp) {
  Document document;
  ASSERT_TRUE(document.read(R"({"a": {"b": "c"}, "n": 123456789012345678901234567890})"));
  EXPECT_EQ(document.root().text_at("/a/b"), "c");
  EXPECT_EQ(document.root().number_at("/n", 7), 7);
}

TEST(Documents, ErrorsAreThoseOfTheOtherParser) {
  for (const char* text : {"", "{", R"({"a": })", "[1,]", "\"\xff\"", "nul"})
    EXPECT_EQ(read(text).error().message(), base::parse_json(text).error().message());
  EXPECT_THAT(read("[1, 2]", {.max_bytes = 3}).error().message(), HasSubstr("at most 3"));
}

TEST(Documents, NestAsDeepAsAServerLetsThemAndNoDeeper) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  const std::string huge = "123456789012345678901234567890";  // simdjson takes no such number
  for (const int depth : {1, 127, 128, 129, 5000}) {
    const auto cut = read(nested(depth));
    ASSERT_TRUE(cut) << cut.error().message();
    EXPECT_EQ(*cut, *base::parse_json(nested(std::min(depth, 128)), {.max_depth = 128})) << depth;
    const auto other = read("[" + huge + "," + nested(depth) + "]");
    ASSERT_TRUE(other) << other.error().message();
    EXPECT_EQ((*other)[1], *base::parse_json(nested(std::min(depth, 127)), {.max_depth = 128}));
  }
  EXPECT_FALSE(read(nested(20000))) << "no server sends this";
}

TEST(Documents, HaveNoMoreElementsThanAllowed) {
  for (const char* text : {"[1,2,3]", R"({"a":1,"b":[2]})", R"([{},[],""])", R"([[[0]]])", "7"})
    for (size_t most = 1; most < 6; ++most)
      EXPECT_EQ(read(text, {.max_elements = most}).has_value(),
                base::parse_json(text, {.max_elements = most}).has_value())
          << text << " " << most;
  EXPECT_THAT(read("[1,2,3]", {.max_elements = 3}).error().message(),
              HasSubstr("of more than 3 elements"));
}

TEST(Documents, OfAnySizeFollowOneAnother) {
  Document document;
  for (const size_t size : {10, 3 << 20, 100, 900 << 10, 1}) {
    const Json made = {{"text", std::string(size, 'x')}};
    ASSERT_TRUE(document.read(base::dump(made)));
    EXPECT_EQ(document.root().json(), made);
  }
}

TEST(Documents, AreNullUntilTheyAreReadAndAfterWhatWasRefused) {
  Document document;
  EXPECT_EQ(document.root().json(), Json());
  ASSERT_TRUE(document.read("[1]"));
  EXPECT_FALSE(document.read("["));
  EXPECT_EQ(document.root().json(), Json());
}

TEST(Documents, KeepTheirViewsWhenTheyAreMoved) {
  Document document;
  ASSERT_TRUE(document.read(R"({"a": "text"})"));
  const JsonView view = document.root();
  const Document moved = std::move(document);
  EXPECT_EQ(view.text_at("/a"), "text");
  EXPECT_EQ(document.root().json(), Json());
  EXPECT_EQ(Document(Json{{"a", "value"}}).root().text_at("/a"), "value");
}

// A value with one of its bytes changed, or none: often JSON still.
RC_GTEST_PROP(Documents, TakeTheSameTexts,
              (const std::map<std::string, std::vector<int>>& fields)) {
  std::string text = base::dump(Json(fields));
  if (*rc::gen::arbitrary<bool>()) {
    const auto place = *rc::gen::inRange<size_t>(0, text.size());
    text[place] = *rc::gen::element('{', '}', '[', ']', ',', ':', '"', '0', '-', ' ', '\\', '\xff');
  }
  const auto mine = read(text), others = base::parse_json(text);
  RC_ASSERT(mine.has_value() == others.has_value());
  if (mine) RC_ASSERT(*mine == *others);
}

}  // namespace
}  // namespace cresset::kube
