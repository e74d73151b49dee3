#include "worker/text/gpt_words.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace cresset::text {
namespace gpt_words_test {

using testing::ElementsAre;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) words.emplace_back(take_gpt_word(text));
  return words;
}

TEST(GptWords, AreLettersNumbersOrOthersWithASpaceBeforeThem) {
  EXPECT_THAT(words_of("Hello, world 42x!?"),
              ElementsAre("Hello", ",", " world", " 42", "x", "!?"));
  EXPECT_THAT(words_of("½²Ⅷ東京 é"), ElementsAre("½²Ⅷ", "東京", " é"));
}

TEST(GptWords, OfWhiteSpaceTheLastOneStaysForWhatComesAfterIt) {
  EXPECT_THAT(words_of("a   b"), ElementsAre("a", "  ", " b"));
  EXPECT_THAT(words_of("a \n\n b"), ElementsAre("a", " \n\n", " b"));
  EXPECT_THAT(words_of("a\r\nb\n"), ElementsAre("a", "\r", "\n", "b", "\n"));
  EXPECT_THAT(words_of("a  "), ElementsAre("a", "  "));
  EXPECT_THAT(words_of("a\u00a0\u3000b"), ElementsAre("a", "\u00a0", "\u3000", "b"));
}

TEST(GptWords, ContractionsOfLowerCaseComeFirst) {
  EXPECT_THAT(words_of("I'll we've o'clock DON'T"),
              ElementsAre("I", "'ll", " we", "'ve", " o", "'", "clock", " DON", "'", "T"));
  EXPECT_THAT(words_of("'sure ''s"), ElementsAre("'s", "ure", " ''", "s"));
}

TEST(GptWords, AMarkIsNoLetterAndAByteThatIsNoCharacterIsAnother) {
  EXPECT_THAT(words_of("e\u0301a"), ElementsAre("e", "\u0301", "a"));
  EXPECT_THAT(words_of("a\xFF\xC3z"), ElementsAre("a", "\xFF\xC3", "z"));
}

}  // namespace gpt_words_test
}  // namespace cresset::text
