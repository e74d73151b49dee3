#pragma once
// The parts of a text that byte-level BPE divides, as GPT-2 has them (Radford et al. 2019): what
// its pattern
//   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
// finds one after another, which is the whole text: letters, numbers or others, with a space
// before them, or white space. Categories are utf8proc's, of Unicode 15; a byte that is no UTF-8
// is one of the others. Pure; any thread.
//
//   while (!text.empty()) words.push_back(take_gpt_word(text));   // "I", "'ll", " see", "  ", " 7"

#include <string_view>

namespace cresset::text {

// The first of a text that is not empty, which loses it. Takes time by the length of what it
// takes, and of white space that follows.
std::string_view take_gpt_word(std::string_view& text);

}  // namespace cresset::text
