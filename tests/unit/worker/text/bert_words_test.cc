#include "worker/text/bert_words.h"

#include <gmock/gmock.h>

#include <string>

namespace cresset::text {
namespace bert_words_test {

using testing::ElementsAre;

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

}  // namespace bert_words_test
}  // namespace cresset::text
