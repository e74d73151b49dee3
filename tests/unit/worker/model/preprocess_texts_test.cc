// Preprocessing of columns of texts.
#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "tests/unit/worker/text/byte_pairs_of.h"
#include "worker/data/store.h"
#include "worker/model/preprocess.h"

namespace cresset::model {
namespace preprocess_texts_test {

using testing::ElementsAre;
using namespace worker_contract;

const std::vector<std::string> kColumns{"a", "b", "c"};
constexpr char kPath[] = "spec.training.preprocess";

std::string why_not_bound(const std::vector<PreprocessStep>& steps) {
  const auto bound = Preprocessing::bind(steps, kColumns, kPath);
  return bound ? "no error" : bound.error().message();
}

const std::vector<float> kPlaces{0, 1, 10, 1, 2, 20, 0, NAN, 30, 2, 0, 40};
const std::vector<data::TextColumn> kTexts{{.column = 0, .texts = {"red", "blue", "green"}},
                                           {.column = 1, .texts = {"7", "11", "9"}}};

Preprocessing of_texts(const std::vector<PreprocessStep>& steps) {
  auto bound = Preprocessing::bind(steps, kColumns, "p").value();
  Summaries summaries(bound.counted(), bound.counted_texts());
  summaries.add(kPlaces.data(), 4, kTexts);
  const auto fit = bound.fit(summaries);
  EXPECT_TRUE(fit) << fit.error().message();
  return bound;
}

// "a" and "b" are texts, so the globs of the other steps are of "c" alone.
TEST(PreprocessingOfTexts, WhatStandsForTextsStandsInTheirPlace) {
  const auto steps =
      of_texts({MinMaxStep{.columns = {"*"}}, OneHotStep{.columns = {"a"}, .max_categories = 2},
                VocabularyStep{.columns = {"b"}}});
  EXPECT_THAT(steps.sample_shape(), ElementsAre(4));
  const auto rows = steps.transform(
      {0, 2, 25, 2, 0, 10, NAN, NAN, 40}, 3,
      {{.column = 0, .texts = {"red", "blue", "pink"}}, {.column = 1, .texts = {"9", "5", "11"}}});
  ASSERT_TRUE(rows) << rows.error().message();
  // Of red (two rows), blue and green (one each), blue and red are known; of 11, 7 and 9 all.
  EXPECT_THAT(*rows, ElementsAre(0, 1, 1, 0.5F, 0, 0, 3, 0, 0, 0, 0, 1));
}

TEST(PreprocessingOfTexts, WithTextsIsTheSameAfterBeingStored) {
  const auto steps =
      of_texts({OneHotStep{.columns = {"a"}}, HashStep{.columns = {"b"}, .buckets = 5},
                ReshapeStep{.shape = {3, 3}}});
  const auto stored = base::parse_json(base::dump(steps.encode())).value();
  const auto again = Preprocessing::decode(stored, kColumns);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->encode(), stored);
  EXPECT_EQ(again->transform(kPlaces, 4, kTexts).value(),
            steps.transform(kPlaces, 4, kTexts).value());
  EXPECT_THAT(again->sample_shape(), ElementsAre(3, 3));
  EXPECT_TRUE(again->holds_texts(0) && again->holds_texts(1));
  EXPECT_FALSE(again->holds_texts(2));
  EXPECT_THAT(again->value_names(),
              ElementsAre("a=blue", "a=green", "a=red", "b#0", "b#1", "b#2", "b#3", "b#4", "c"));
}

TEST(PreprocessingOfTexts, RowsWithoutTextsOfTheirOwnAreZeros) {
  const auto steps =
      of_texts({OneHotStep{.columns = {"a"}}, HashStep{.columns = {"b"}, .buckets = 2}});
  EXPECT_THAT(steps.transform({NAN, NAN, 5}, 1, {{.column = 0}, {.column = 1}}).value(),
              ElementsAre(0, 0, 0, 0, 0, 5));
  EXPECT_TRUE(steps.transform({}, 0, {})->empty());
}

TEST(PreprocessingOfTexts, TextsOfOtherColumnsThanThoseTakenAsTextsAreErrors) {
  const auto steps = of_texts({HashStep{.columns = {"b"}, .buckets = 2}});
  const auto why_not = [&](const std::vector<data::TextColumn>& texts, float place = 0) {
    const auto rows = steps.transform({1, place, 3}, 1, texts);
    return rows ? "no error" : rows.error().message();
  };
  const std::vector<std::string> one{"x"};
  EXPECT_EQ(why_not({{1, one}}), "no error");
  EXPECT_EQ(why_not({}), R"(column "b" holds no texts, which a step takes it to hold)");
  EXPECT_EQ(why_not({{0, one}, {1, one}}), R"(column "a" holds texts, which no step takes)");
  EXPECT_EQ(why_not({{1, one}, {2, one}}), R"(column "c" holds texts, which no step takes)");
  EXPECT_EQ(why_not({{1, one}, {3, one}}),
            "found texts of column 3, allowed are columns in their order, below 3");
  EXPECT_EQ(why_not({{1, one}}, 1),
            R"(row 0, column "b": found the text 1.0, allowed are those below 1)");
  EXPECT_EQ(why_not({{1, one}}, -1),
            R"(row 0, column "b": found the text -1.0, allowed are those below 1)");
  const auto numbers = Preprocessing::bind({}, kColumns, "p");
  EXPECT_FALSE(numbers->transform({1, 0, 3}, 1, {{1, one}}));
}

TEST(PreprocessingOfTexts, OnlyTextsThatAStepLearnsFromAreCounted) {
  const auto bound =
      Preprocessing::bind({HashStep{.columns = {"a"}, .buckets = 2},
                           VocabularyStep{.columns = {"b"}}, OneHotStep{.columns = {"c"}}},
                          kColumns, "p");
  EXPECT_THAT(bound->counted_texts(), ElementsAre(1, 2));
}

TEST(PreprocessingOfTexts, HowManyValuesTextsMakeMayHaveToBeLearnt) {
  const auto shape = [](const PreprocessStep& step) {
    return Preprocessing::bind({step}, kColumns, "p").value().sample_shape();
  };
  EXPECT_THAT(shape(OneHotStep{.columns = {"a"}}), ElementsAre());
  EXPECT_THAT(shape(HashStep{.columns = {"a"}, .buckets = 3}), ElementsAre(5));
  EXPECT_THAT(shape(VocabularyStep{.columns = {"a"}}), ElementsAre(3));
}

// Of the vocabulary that is written to a file, and read again from there.
class Tokenizing : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string uri() const { return "file://" + folder_ + "/vocab.txt"; }
  base::Result<Preprocessing> read(const std::string& vocabulary,
                                   std::vector<std::string> columns = {"b"}) {
    std::ofstream(folder_ + "/vocab.txt") << vocabulary;
    auto bound = Preprocessing::bind(
        {TokenizeStep{.columns = std::move(columns), .vocabulary_uri = uri(), .max_length = 5}},
        kColumns, kPath);
    if (!bound) return bound;
    data::Store store({}, {});
    CRESSET_CHECK(bound->read_vocabularies(store));
    return bound;
  }
  std::string why_not(const std::string& vocabulary) {
    const auto steps = read(vocabulary);
    return steps ? "no error" : steps.error().message();
  }

  const std::string folder_ = testing::TempDir() + "tokenizing";
};

constexpr char kVocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nred\n##der\nblue\n";

TEST_F(Tokenizing, MakesIdsOfTextsAndFillsThemUp) {
  auto steps = read(kVocabulary).value();
  EXPECT_THAT(steps.sample_shape(), ElementsAre(7));
  ASSERT_TRUE(steps.fit(Summaries(steps.counted(), steps.counted_texts())));
  int64_t cut = 0;
  const auto rows = steps.transform({1, 0, 10, 2, 1, 20, 3, NAN, 30, 4, 1, 40}, 4,
                                    {{.column = 1, .texts = {"Redder", "blue blue, red"}}}, &cut);
  ASSERT_TRUE(rows) << rows.error().message();
  EXPECT_THAT(*rows, ElementsAre(1, 2, 4, 5, 3, 0, 10, 2, 2, 6, 6, 1, 3, 20,  //
                                 3, 2, 3, 0, 0, 0, 30, 4, 2, 6, 6, 1, 3, 40));
  EXPECT_EQ(cut, 2);
  EXPECT_THAT(steps.value_names(), ElementsAre("a", "b[0]", "b[1]", "b[2]", "b[3]", "b[4]", "c"));
}

TEST_F(Tokenizing, IsTheSameAfterBeingStored) {
  const auto steps = read(kVocabulary, {"a", "b"}).value();
  const auto stored = base::parse_json(base::dump(steps.encode())).value();
  std::filesystem::remove_all(folder_);
  const auto again = Preprocessing::decode(stored, kColumns);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->encode(), stored);
  EXPECT_EQ(again->transform(kPlaces, 4, kTexts).value(),
            steps.transform(kPlaces, 4, kTexts).value());
}

TEST_F(Tokenizing, OfBytesBeginsEachTextWithItsEndAndFillsItUpWithIt) {
  base::Json vocabulary = base::Json::object();
  const auto pairs = text::byte_pairs_of({"h i"});
  for (size_t i = 0; i < pairs.tokens.size(); ++i) vocabulary[pairs.tokens[i]] = i;
  std::ofstream(folder_ + "/vocab.json") << vocabulary.dump();
  std::ofstream(folder_ + "/merges.txt") << "#version: 0.2\nh i\n";
  const TokenizeStep step{.columns = {"b"},
                          .vocabulary_uri = "file://" + folder_ + "/vocab.json",
                          .merges_uri = "file://" + folder_ + "/merges.txt",
                          .max_length = 4,
                          .packed = true};
  auto steps = Preprocessing::bind({step}, {"b"}, kPath).value();
  data::Store store({}, {});
  ASSERT_TRUE(steps.read_vocabularies(store));
  const auto stored = base::parse_json(base::dump(steps.encode())).value();
  const auto again = Preprocessing::decode(stored, {"b"});
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->encode(), stored);
  EXPECT_NE(again->packing(), nullptr);
  const auto rows =
      again->transform({0, NAN, 1}, 3, {{.column = 0, .texts = {"hi!", "hihihihi"}}}).value();
  EXPECT_THAT(rows, ElementsAre(256, 257, 0, 256, 256, 256, 256, 256, 256, 257, 257, 257));
}

TEST_F(Tokenizing, NamesFieldAndFileAndLineOfAVocabularyThatIsNone) {
  const std::string where = "spec.training.preprocess[0].tokenize.vocabulary.uri: " + uri() + ": ";
  EXPECT_EQ(why_not("[PAD]\n\xFF\n"), where + "line 2 is not UTF-8");
  EXPECT_EQ(why_not("[PAD]\n[UNK]\n[CLS]\nthe\nthe\n"),
            where + R"(line 5 has "the" again, which is the token of line 4)");
  EXPECT_EQ(
      why_not("{}\n"),
      where +
          R"(none of its 1 lines is [UNK], which WordPiece needs beside [UNK], [CLS], [SEP] and [PAD])");
  EXPECT_THAT(why_not(std::string((16 << 20) + 1, 'x')),
              testing::AllOf(testing::StartsWith(where.substr(0, where.find("file:"))),
                             testing::HasSubstr("16777216")));
}

TEST_F(Tokenizing, OfMoreThanAModelCanKeepIsAnError) {
  std::string lines(kVocabulary);  // of which each backslash is stored as two
  for (int i = 10000; i < 19000; ++i) lines += std::string(1000, '\\') + std::to_string(i) + "\n";
  EXPECT_EQ(
      why_not(lines),
      R"(spec.training.preprocess[0].tokenize.vocabulary.uri: the texts that are kept up to here take 18072096 bytes of model.json, allowed are 16777216)");
}

TEST(PreprocessingOfTexts, AStoredVocabularyThatIsNoneIsAnError) {
  const auto why_not = [](const char* inner) {
    const auto json = base::parse_json(std::string(R"({"steps": [{"tokenize": )") + inner + "}]}");
    const auto steps = Preprocessing::decode(json.value(), kColumns);
    return steps ? "no error" : steps.error().message();
  };
  EXPECT_EQ(
      why_not(
          R"({"columns": ["a"], "lowercase": true, "maxLength": 4, "tokens": ["[UNK]", "[CLS]", "[SEP]", "[PAD]"]})"),
      "no error");
  EXPECT_THAT(
      why_not(R"({"columns": ["a"], "lowercase": true, "maxLength": 4, "tokens": ["[UNK]"]})"),
      testing::StartsWith("preprocessing.steps[0].tokenize.tokens: none of its 1 lines is [CLS]"));
  EXPECT_THAT(why_not(R"({"columns": ["a"], "lowercase": true, "maxLength": 2, "tokens": []})"),
              testing::HasSubstr("preprocessing.steps[0].tokenize.maxLength must be at least 3"));
  EXPECT_THAT(why_not(R"({"columns": ["a"], "maxLength": 4, "tokens": []})"),
              testing::HasSubstr("preprocessing.steps[0].tokenize.lowercase is required"));
}

std::string why_not_texts(const std::vector<PreprocessStep>& steps,
                          std::vector<std::string> texts) {
  auto bound = Preprocessing::bind(steps, {"a"}, kPath).value();
  std::vector<float> rows(texts.size());
  std::iota(rows.begin(), rows.end(), 0.0F);
  Summaries summaries(bound.counted(), bound.counted_texts());
  summaries.add(rows.data(), static_cast<int64_t>(rows.size()), {{0, std::move(texts)}});
  const auto fit = bound.fit(summaries);
  return fit ? "no error" : fit.error().message();
}

std::vector<std::string> different(size_t count, const std::string& before) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(before + std::to_string(i));
  return texts;
}

TEST(PreprocessingOfTexts, MoreDifferentTextsThanOneHotTakesAreAnError) {
  EXPECT_EQ(why_not_texts({OneHotStep{.columns = {"a"}}}, different(10000, "")), "no error");
  EXPECT_EQ(
      why_not_texts({OneHotStep{.columns = {"a"}}}, different(10001, "")),
      R"(spec.training.preprocess[0].oneHot: column "a" has 10001 different values in the training rows, allowed are 10000; maxCategories keeps the most frequent, hash takes any number)");
  EXPECT_EQ(
      why_not_texts({OneHotStep{.columns = {"a"}, .max_categories = 5}}, different(10001, "")),
      "no error");
}

TEST(PreprocessingOfTexts, MoreTextsThanAModelCanKeepAreAnError) {
  EXPECT_EQ(
      why_not_texts({VocabularyStep{.columns = {"a"}}}, different(300, std::string(1 << 16, 'x'))),
      R"(spec.training.preprocess[0].vocabulary: the texts that are kept up to here take 19662503 bytes of model.json, allowed are 16777216; hash keeps none, maxCategories and maxSize keep fewer)");
}

TEST(PreprocessingOfTexts, ColumnsOfTextsWithoutOneThatCountsAreErrors) {
  EXPECT_EQ(why_not_texts({OneHotStep{.columns = {"a"}}}, {}),
            "spec.training.preprocess[0].oneHot: column \"a\" has no value in the training rows to "
            "learn from");
  EXPECT_EQ(
      why_not_texts({VocabularyStep{.columns = {"a"}, .min_count = 2}}, {"x", "y"}),
      R"(spec.training.preprocess[0].vocabulary.minCount: column "a" has no value in 2 training rows or more)");
}

TEST(PreprocessingOfTexts, MoreValuesThanARowMayHaveAreAnError) {
  std::vector<std::string> columns = different(17, "c");
  const auto bound =
      Preprocessing::bind({HashStep{.columns = {"*"}, .buckets = kMostBuckets}}, columns, "p");
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().message(),
            "p: a row has 1114112 values after the steps, allowed are 1048576");
}

TEST(PreprocessingOfTexts, MoreValuesThanMemoryMayHoldAreAnError) {
  const auto steps = of_texts({HashStep{.columns = {"b"}, .buckets = kMostBuckets}});
  const auto rows = steps.transform(std::vector<float>(3 * 262137), 262137, {kTexts[1]});
  ASSERT_FALSE(rows);
  EXPECT_EQ(
      rows.error().message(),
      R"(262137 rows of 65538 values after the steps are too many, allowed are 17179869184 values)");
}

TEST(PreprocessingOfTexts, AReshapeOfTextsIsHeldToWhatTheyBecome) {
  EXPECT_EQ(
      why_not_texts({OneHotStep{.columns = {"a"}}, ReshapeStep{.shape = {2, 2}}}, {"x", "y"}),
      R"(spec.training.preprocess[1].reshape.shape: 2 × 2 = 4 values, but there are 2 values in a row after the other steps)");
}

TEST(PreprocessingOfTexts, StepsOnNumbersDoNotReachColumnsOfTexts) {
  EXPECT_EQ(
      why_not_bound({StandardizeStep{.columns = {"a"}}, OneHotStep{.columns = {"a"}}}),
      R"(spec.training.preprocess[0].standardize.columns[0]: "a" matches no column; the columns are b, c; others are taken as texts by a step)");
}

TEST(PreprocessingOfTexts, AColumnIsTakenAsTextsOnce) {
  EXPECT_EQ(
      why_not_bound({OneHotStep{.columns = {"a", "b"}}, VocabularyStep{.columns = {"b"}}}),
      R"(spec.training.preprocess[1].vocabulary: column "b" is taken already, by spec.training.preprocess[0].oneHot)");
}

}  // namespace preprocess_texts_test
}  // namespace cresset::model
