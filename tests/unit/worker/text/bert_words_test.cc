#include "worker/text/bert_words.h"

#include <gmock/gmock.h>

#include <chrono>
#include <string>
#include <vector>

namespace cresset::text {
namespace bert_words_test {

using testing::ElementsAre;

std::vector<std::string> bert_words(std::string_view text, bool lowercase, size_t most = 1000000) {
  std::vector<std::string> words;
  each_bert_word(text, lowercase, [&](std::string_view word) {
    words.emplace_back(word);
    return words.size() < most;
  });
  return words;
}

std::string repeated(const std::string& what, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += what;
  return all;
}

TEST(BertWords, EndAtWhiteSpaceAndPunctuationIsAWord) {
  EXPECT_THAT(bert_words("Don't  stop,\tnow!\n", true),
              ElementsAre("don", "'", "t", "stop", ",", "now", "!"));
  EXPECT_THAT(bert_words("a\u3000b\u00a0c\u2028d", true), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(bert_words("", true), ElementsAre());
}

TEST(BertWords, OfLowerCaseHaveNoAccents) {
  EXPECT_THAT(bert_words("Élan İstanbul ΣΊΣΥΦΟΣ", true),
              ElementsAre("elan", "istanbul", "σισυφοσ"));
  EXPECT_THAT(bert_words("Élan İstanbul", false), ElementsAre("Élan", "İstanbul"));
}

TEST(BertWords, AreEachIdeographByItself) {
  EXPECT_THAT(bert_words("東京in日本", true), ElementsAre("東", "京", "in", "日", "本"));
  EXPECT_THAT(bert_words("がギ", false), ElementsAre("がギ"));
}

TEST(BertWords, LackWhatIsNoText) {
  using namespace std::string_literals;
  EXPECT_THAT(bert_words("a\0b\u200bc\ufffdd"s, true), ElementsAre("abcd"));
  EXPECT_THAT(bert_words("\xFFx\xE6\x9D", true), ElementsAre("x"));
}

// U+302E and U+1D165 are marks that stay, of the classes 224 and 216; U+0903 is one of none.
TEST(BertWords, OfLowerCaseHaveTheMarksThatStayInTheirOrder) {
  EXPECT_THAT(bert_words("가\u302e\u0301\U0001D165", true),
              ElementsAre("\u1100\u1161\U0001D165\u302e"));
  EXPECT_THAT(bert_words("a\u302e\u0301\u0903\U0001D165", true),
              ElementsAre("a\u302e\u0903\U0001D165"));
  EXPECT_THAT(bert_words("a\u302e\u0901\U0001D165", true), ElementsAre("a\u302e\U0001D165"));
  EXPECT_THAT(bert_words("a\u302e \U0001D165", true), ElementsAre("a\u302e", "\U0001D165"));
}

// By exchanges of neighbours the first alone would take an hour.
TEST(BertWords, OfManyMarksTakeNoLongerThanTheirNumber) {
  const int many = 200000;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(bert_words("a" + repeated("\u0301", many) + repeated("\u0323", many), true),
              ElementsAre("a"));
  EXPECT_THAT(bert_words("a" + repeated("\u302e", many) + repeated("\U0001D165", many), true),
              ElementsAre("a" + repeated("\U0001D165", many) + repeated("\u302e", many)));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::minutes(1));
}

TEST(BertWords, AreReadAsFarAsTheyAreAskedFor) {
  for (const bool lowercase : {true, false}) {
    EXPECT_THAT(bert_words("a b, c d", lowercase, 1), ElementsAre("a"));
    EXPECT_THAT(bert_words("a b, c d", lowercase, 2), ElementsAre("a", "b"));
    EXPECT_THAT(bert_words("a b, c d", lowercase, 3), ElementsAre("a", "b", ","));
    EXPECT_THAT(bert_words("東京", lowercase, 1), ElementsAre("東"));
    EXPECT_THAT(bert_words("a!", lowercase, 2), ElementsAre("a", "!"));
  }
}

}  // namespace bert_words_test
}  // namespace cresset::text
