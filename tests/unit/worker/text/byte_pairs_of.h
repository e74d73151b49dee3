#pragma once
// Byte-level vocabularies for tests: a token for each byte, <|endoftext|>, and merges. Functions;
// any thread.

#include <string>
#include <vector>

#include "worker/text/byte_pair.h"
#include "worker/text/code_points.h"

namespace cresset::text {

// The bytes have the ids 0 to 255 in the order of their characters: first "!", 0, last what byte
// 0xAD is written as; then <|endoftext|>, 256, and what each merge makes.
inline BytePairs byte_pairs_of(const std::vector<std::string>& merges) {
  BytePairs pairs{.tokens = {}, .merges = merges};
  for (utf8proc_int32_t c = 0x21; c < 0x144; ++c)
    if (c < 0x7F || (c > 0xA0 && c != 0xAD)) append(c, pairs.tokens.emplace_back());
  pairs.tokens.emplace_back(kEndOfText);
  for (const auto& merge : merges) {
    const size_t space = merge.find(' ');
    pairs.tokens.push_back(merge.substr(0, space) + merge.substr(space + 1));
  }
  return pairs;
}

}  // namespace cresset::text
