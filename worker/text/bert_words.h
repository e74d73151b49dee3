#pragma once
// The words of a text before WordPiece divides them, as BERT has them (Devlin et al. 2018,
// arXiv:1810.04805): control characters go; white space, punctuation and each CJK ideograph end a
// word, and the latter two are words of their own; in lower case, also accents go (NFD without the
// marks of category Mn). Categories, decompositions and cases are utf8proc's, of Unicode 15. Pure;
// any thread.
//
//   bert_words("Élan, 東京!", true);   // {"elan", ",", "東", "京", "!"}

#include <string>
#include <string_view>
#include <vector>

namespace cresset::text {

// What is not UTF-8 is left out.
std::vector<std::string> bert_words(std::string_view text, bool lowercase);

}  // namespace cresset::text
