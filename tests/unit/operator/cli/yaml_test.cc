#include "operator/cli/yaml.h"

#include <gtest/gtest.h>

namespace cresset::cli {
namespace {

using base::Json;

base::Result<YamlDocument> parse_one(const std::string& text) {
  CRESSET_TRY(documents, parse_yaml(text));
  EXPECT_EQ(documents.size(), 1U) << text;
  return documents.at(0);
}

TEST(Yaml, ScalarsHaveTheTypesThatKubernetesReads) {
  const std::pair<const char*, Json> rows[] = {{"1", 1},
                                               {"-7", -7},
                                               {"+3", 3},
                                               {"1.5", 1.5},
                                               {"1e3", 1000.0},
                                               {".5", 0.5},
                                               {"true", true},
                                               {"False", false},
                                               {"null", nullptr},
                                               {"~", nullptr},
                                               {"", nullptr},
                                               {"'1'", "1"},
                                               {"\"true\"", "true"},
                                               {"300m", "300m"},
                                               {"2Gi", "2Gi"},
                                               {"yes", "yes"},
                                               {"0x10", "0x10"},
                                               {"1.2.3", "1.2.3"},
                                               {"!!str 5", "5"},
                                               {"99999999999999999999", 99999999999999999999.0}};
  for (const auto& [text, value] : rows) {
    const auto document = parse_one(std::string("a: ") + text);
    ASSERT_TRUE(document) << text;
    EXPECT_EQ(document->value, (Json{{"a", value}})) << text;
  }
}

TEST(Yaml, MapsAndSequencesInEitherStyleAreTheSame) {
  const auto flow = parse_one("a: {b: [1, {c: x}], d: {}}");
  const auto block = parse_one("a:\n  b:\n    - 1\n    - c: x\n  d: {}\n");
  ASSERT_TRUE(flow && block);
  EXPECT_EQ(flow->value, block->value);
  EXPECT_EQ(flow->value, (Json{{"a", {{"b", {1, {{"c", "x"}}}}, {"d", Json::object()}}}}));
}

TEST(Yaml, AnErrorOfAFieldGetsTheLineOfTheFieldOrOfItsNearestParent) {
  const auto document =
      parse_one("spec:\n  training:\n    epochs: x\n    steps:\n      - a: 1\n      - b: 2\n");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->locate("spec.training.epochs must be an integer"),
            "line 3: spec.training.epochs must be an integer");
  EXPECT_EQ(document->locate("spec.training.steps[1].b: wrong"),
            "line 6: spec.training.steps[1].b: wrong");
  EXPECT_EQ(document->locate("spec.training.data is required"),
            "line 2: spec.training.data is required");
  EXPECT_EQ(document->locate("metadata.name is required"), "metadata.name is required");
}

TEST(Yaml, BrokenDocumentsAreAnsweredWithTheirLine) {
  for (const char* text :
       {"a: 1\nb: [\n", "a: 1\n b: 2\n", "a: 1\na: 2\n", "x:\n  ? [1]\n  : 2\n"}) {
    const auto document = parse_one(text);
    ASSERT_FALSE(document) << text;
    EXPECT_NE(document.error().message().find("line "), std::string::npos)
        << document.error().message();
  }
}

TEST(Yaml, DocumentsComeInOrderWithTheLinesOfTheFileAndWithoutTheEmptyOnes) {
  const auto documents = parse_yaml("---\n---\na: 1\n---\nb: 2\nc: 3\n---\n");
  ASSERT_TRUE(documents);
  ASSERT_EQ(documents->size(), 2U);
  EXPECT_EQ(documents->at(0).value, (Json{{"a", 1}}));
  EXPECT_EQ(documents->at(1).value, (Json{{"b", 2}, {"c", 3}}));
  EXPECT_EQ(documents->at(1).locate("c is wrong"), "line 6: c is wrong");
  EXPECT_EQ(documents->at(1).locate("a is wrong"), "a is wrong");
  EXPECT_TRUE(parse_yaml("")->empty());
}

TEST(Yaml, TheLimitOfNodesIsOneForAllDocuments) {
  std::string list = "[";
  for (int i = 0; i < 60000; ++i) list += "1,";
  list += "]\n";
  EXPECT_TRUE(parse_yaml(list));
  EXPECT_FALSE(parse_yaml(list + "---\n" + list));
}

TEST(Yaml, AnAliasBombIsRefused) {
  std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 0; j < 9; ++j) text += "," + last;
    text += "]\n";
  }
  const auto document = parse_one(text);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().kind(), base::ErrorKind::kTooLarge);
}

TEST(Yaml, DeepNestingIsRefused) {
  EXPECT_FALSE(parse_one(std::string(80, '[') + std::string(80, ']')));
}

}  // namespace
}  // namespace cresset::cli
