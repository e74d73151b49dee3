#pragma once
// Byte-level BPE (Sennrich et al. 2016, arXiv:1508.07909; of bytes as GPT-2 has it, Radford et al.
// 2019): the bytes of a word (gpt_words.h) are put together pair by pair, by the merge that stands
// first in a list, until no pair is in it. There is a token for each byte, so nothing is unknown.
// Ids are those of Hugging Face's ByteLevelBPETokenizer; a text that holds a special token, as
// "<|endoftext|>" is, is read as any other text. A word of n bytes takes n log n steps and some 40
// n bytes, and one of more than kMostWordBytes is divided into parts of so many. Never changes once
// it is made, so any thread may use it, and whoever shares it owns it.
//
//   CRESSET_TRY(files, read_byte_pairs(tokenizer_json, std::nullopt));    // byte_pair_files.h
//   CRESSET_TRY(pairs, BytePair::make(std::move(files)));
//   pairs->encode("Hello", 8).ids;                                    // <|endoftext|> Hello

#include <array>
#include <memory>

#include "operator/base/result.h"
#include "worker/text/tokenizer.h"

namespace cresset::text {

inline constexpr std::string_view kEndOfText = "<|endoftext|>";
inline constexpr size_t kMostWordBytes = size_t{1} << 20;

// What files tell, the first token has the id 0. Bytes are written as GPT-2 writes them: those
// that can be seen as themselves, others as U+0100 and up.
struct BytePairs {
  std::vector<std::string> tokens;
  std::vector<std::string> merges;  // "Ġ t": two tokens with a space between them
};

class BytePair : public Tokenizer {
 public:
  // An error names the token that is there twice, the byte or the <|endoftext|> that is no token,
  // and the merge (from 1) that is none of two tokens that make a third, or is there twice.
  static base::Result<std::shared_ptr<const BytePair>> make(BytePairs pairs);
  BytePair(const BytePair&) = delete;
  BytePair& operator=(const BytePair&) = delete;

  // <|endoftext|>, which every text comes after, and the tokens of the text.
  TokenIds encode(std::string_view text, size_t most) const override;
  int32_t padding() const override { return end_; }
  const std::vector<std::string>& vocabulary() const override { return pairs_.tokens; }
  base::Json encode() const override;

 private:
  struct Merge {
    int32_t rank = 0, left = 0, right = 0, token = 0;
  };
  class Ids;
  class Word;
  explicit BytePair(BytePairs pairs) : pairs_(std::move(pairs)) {}
  base::Result<void> name_bytes(const Ids& ids);
  base::Result<void> read_merges(const Ids& ids);
  base::Result<void> index_merges();
  base::Error wrong_merge(size_t rank, const std::string& what) const;
  const Merge* merge_of(int32_t left, int32_t right) const;

  BytePairs pairs_;
  std::array<int32_t, 256> bytes_{};
  // Sorted by left, then right: whoever chose the ids, a search takes the logarithm of how many
  // rights a left has.
  std::vector<Merge> merges_;
  std::vector<size_t> begins_;  // where those of each left begin, by its id, and where all end
  int32_t end_ = 0;
};

}  // namespace cresset::text
