#pragma once
// What makes ids of a text by a vocabulary: WordPiece (word_piece.h) or byte-level BPE
// (byte_pair.h). Never changes once it is made, so any thread may use it, and whoever shares it
// owns it.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "operator/base/json.h"

namespace cresset::text {

inline constexpr size_t kMostVocabularyBytes = size_t{16} << 20;  // of a file
inline constexpr size_t kMostTokens = size_t{1} << 20;
inline constexpr size_t kMostTokenBytes = 1024;

// A text as ids.
struct TokenIds {
  std::vector<int32_t> ids;
  bool cut = false;  // whether there were more than were asked for
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // `most` ids (2 at least) or fewer: pieces at the end are cut off.
  virtual TokenIds encode(std::string_view text, size_t most) const = 0;
  // What fills a text up until it has as many ids as others.
  virtual int32_t padding() const = 0;
  virtual const std::vector<std::string>& vocabulary() const = 0;
  // All that it was made of, as an object.
  virtual base::Json encode() const = 0;
};

}  // namespace cresset::text
