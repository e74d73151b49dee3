#include "worker/text/word_piece.h"

#include <gmock/gmock.h>

namespace cresset::text {
namespace word_piece_test {

using testing::ElementsAre;

std::shared_ptr<const WordPiece> small(bool lowercase = true) {
  return WordPiece::make({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "##a", "##f",
                          "", "über", "[", "]"},
                         lowercase)
      .value();
}

std::string why_not_read(const std::string& file) {
  const auto lines = read_vocabulary(file);
  return lines ? "no error" : lines.error().message();
}

std::string why_not_made(std::vector<std::string> vocabulary) {
  const auto made = WordPiece::make(std::move(vocabulary), true);
  return made ? "no error" : made.error().message();
}

TEST(Vocabulary, HasAnIdForEachLine) {
  EXPECT_THAT(read_vocabulary("[PAD]\r\nun\n\n##able \n").value(),
              ElementsAre("[PAD]", "un", "", "##able"));
  EXPECT_THAT(read_vocabulary("a\nb").value(), ElementsAre("a", "b"));
  EXPECT_THAT(read_vocabulary("\uFEFF[PAD]\nb").value(), ElementsAre("[PAD]", "b"));
}

TEST(Vocabulary, ThatIsNoneIsAnErrorThatNamesTheLine) {
  EXPECT_EQ(why_not_read("a\nb\xFF\n"), "line 2 is not UTF-8");
  EXPECT_EQ(why_not_read("a\n" + std::string(1025, 'x')),
            "line 2 has 1025 bytes, allowed are 1024: wanted is a vocabulary, one token a line");
  EXPECT_EQ(why_not_read(std::string(kMostTokens, '\n') + "a"),
            "line 1048577 is one too many, allowed are 1048576 tokens");
  EXPECT_EQ(why_not_read(std::string(kMostTokens, '\n')), "no error");
}

TEST(Vocabulary, HasTheFourTokensThatWordPieceNeedsAndEachTokenOnce) {
  EXPECT_EQ(why_not_made({"[PAD]", "[UNK]", "[CLS]", "a"}),
            "none of its 4 lines is [SEP], which WordPiece needs beside [UNK], [CLS], [SEP] and "
            "[PAD]");
  EXPECT_EQ(why_not_made({"[PAD]", "[UNK]", "the\x01", "[CLS]", "[SEP]", "the\x01"}),
            R"(line 6 has "the\u0001" again, which is the token of line 3)");
  EXPECT_EQ(why_not_made({"[PAD]", "", "[UNK]", "", "[CLS]", "[SEP]"}), "no error");
}

TEST(WordPiece, TakesTheLongestPieceThatAWordBeginsWith) {
  EXPECT_THAT(small()->encode("unaffable", 10).ids, ElementsAre(2, 4, 5, 6, 3));
  EXPECT_THAT(small()->encode("unafa", 10).ids, ElementsAre(2, 4, 7, 8, 7, 3));
}

TEST(WordPiece, HasOneIdForAWordThatItCannotDivide) {
  EXPECT_THAT(small()->encode("unaffairs un", 10).ids, ElementsAre(2, 1, 4, 3));
  EXPECT_THAT(small()->encode("un" + std::string(98, 'a'), 200).ids.size(), 101);
  EXPECT_THAT(small()->encode("un" + std::string(99, 'a'), 200).ids, ElementsAre(2, 1, 3));
}

TEST(WordPiece, CountsCharactersAndDividesBetweenThem) {
  std::string word = "über";
  EXPECT_THAT(small(false)->encode(word, 10).ids, ElementsAre(2, 10, 3));
  EXPECT_THAT(small()->encode(word, 10).ids, ElementsAre(2, 1, 3));  // uber
  for (int i = 0; i < 96; ++i) word += "a";
  EXPECT_EQ(small(false)->encode(word, 200).ids.size(), 99);
  EXPECT_EQ(small(false)->encode(word + "a", 200).ids.size(), 3);
}

TEST(WordPiece, CutsWhatIsLongerThanAskedForAtItsEnd) {
  const auto whole = small()->encode("un un un", 5);
  EXPECT_THAT(whole.ids, ElementsAre(2, 4, 4, 4, 3));
  EXPECT_FALSE(whole.cut);
  const auto cut = small()->encode("un un un", 4);
  EXPECT_THAT(cut.ids, ElementsAre(2, 4, 4, 3));
  EXPECT_TRUE(cut.cut);
  EXPECT_THAT(small()->encode("un unaffable", 4).ids, ElementsAre(2, 4, 4, 3));
}

TEST(WordPiece, ReadsTheNamesOfItsOwnTokensAsAnyText) {
  EXPECT_THAT(small()->encode("[un]", 10).ids, ElementsAre(2, 11, 4, 12, 3));
  EXPECT_THAT(small()->encode("[SEP]", 10).ids, ElementsAre(2, 11, 1, 12, 3));
  EXPECT_THAT(small()->encode("", 10).ids, ElementsAre(2, 3));
}

}  // namespace word_piece_test
}  // namespace cresset::text
