#pragma once
// The words of a text before WordPiece divides them, as BERT has them (Devlin et al. 2018,
// arXiv:1810.04805): control characters go; white space, punctuation and each CJK ideograph end a
// word, and the latter two are words of their own; in lower case, also accents go (NFD without the
// marks of category Mn). Categories, decompositions and cases are utf8proc's, of Unicode 15. A text
// is read once, from its beginning, and nothing is held but the word that is read: what is not
// asked for costs nothing. Pure; any thread.
//
//   each_bert_word("Élan, 東京!", true, [&](std::string_view word) {
//     words.emplace_back(word);  // "elan", ",", "東", "京", "!"
//     return words.size() < most;
//   });

#include <functional>
#include <string_view>

namespace cresset::text {

// Calls visit with each word until it answers false. What is not UTF-8 is left out.
void each_bert_word(std::string_view text, bool lowercase,
                    const std::function<bool(std::string_view word)>& visit);

}  // namespace cresset::text
