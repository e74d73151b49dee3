#pragma once
// WordPiece (Schuster and Nakajima 2012; as BERT has it, Devlin et al. 2018): a word is divided,
// from its beginning, into the longest pieces that a vocabulary has; those that do not begin a word
// are written with ## before them. A word of which a piece is none of the vocabulary's, or of more
// than 100 characters, is [UNK] as a whole. Ids are those of Hugging Face's BertWordPieceTokenizer;
// a text that holds "[SEP]" is read as any other text. Never changes once it is made, so any thread
// may use it, and whoever shares it owns it.
//
//   CRESSET_TRY(lines, read_vocabulary(bytes));            // vocab.txt
//   CRESSET_TRY(pieces, WordPiece::make(std::move(lines), true));
//   pieces->encode("unaffable", 8).ids;                    // [CLS] un ##aff ##able [SEP]

#include <memory>
#include <unordered_map>

#include "operator/base/result.h"
#include "worker/text/tokenizer.h"

namespace cresset::text {

// The tokens of a vocabulary file, one a line; the first has the id 0. White space at the end of a
// line is left out, as is a byte order mark, and an empty line is an id that no text gets. An error
// names the line.
base::Result<std::vector<std::string>> read_vocabulary(std::string_view file);

class WordPiece : public Tokenizer {
 public:
  // An error names the line (from 1) of a token that is there twice, and the one of [UNK], [CLS],
  // [SEP] and [PAD] that is missing.
  static base::Result<std::shared_ptr<const WordPiece>> make(std::vector<std::string> vocabulary,
                                                             bool lowercase);
  WordPiece(const WordPiece&) = delete;
  WordPiece& operator=(const WordPiece&) = delete;

  // [CLS], the pieces and [SEP].
  TokenIds encode(std::string_view text, size_t most) const override;
  int32_t padding() const override { return padding_; }
  const std::vector<std::string>& vocabulary() const override { return vocabulary_; }
  base::Json encode() const override;
  bool lowercase() const { return lowercase_; }

 private:
  using Ids = std::unordered_map<std::string_view, int32_t>;  // views of the vocabulary
  // Pieces and their ids, ascending. A search takes time by the length of what it finds, however
  // long other pieces are.
  struct Piece {
    std::string_view text;
    int32_t id;
  };
  using Pieces = std::vector<Piece>;
  WordPiece(std::vector<std::string> vocabulary, bool lowercase);
  base::Result<void> index();
  base::Result<void> name_specials(const Ids& ids);
  // The longest that `rest` begins with; nullptr: there is none.
  static const Piece* longest_piece(const Pieces& pieces, std::string_view rest);
  void add_pieces(std::string_view word, std::vector<int32_t>& ids) const;

  std::vector<std::string> vocabulary_;
  bool lowercase_;
  Pieces starts_;
  Pieces continuations_;  // without the ##
  int32_t unknown_ = 0, begin_ = 0, end_ = 0, padding_ = 0;
};

}  // namespace cresset::text
