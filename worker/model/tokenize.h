#pragma once
// The step tokenize: a column of texts becomes the ids that a vocabulary has for the pieces of
// each: WordPiece's, or, of a byte-level vocabulary, BPE's. A step of text_steps.h, which says who
// calls what; the vocabulary is read before the step learns, transforms or is stored. Copies share
// it.

#include <memory>
#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"
#include "worker/model/steps.h"
#include "worker/text/tokenizer.h"

namespace cresset::data {
class Store;
}

namespace cresset::model {

struct Tokenize {
  static constexpr std::string_view kName = "tokenize";
  StepColumns columns;
  std::string vocabulary_uri;  // where it was read; "": it is that of a model
  std::string merges_uri;      // "": they are in the vocabulary's file
  int64_t max_length = 0;
  bool byte_level = false;
  bool lowercase = true;  // of WordPiece
  bool packed = false;    // training makes samples of texts joined (train/packed_texts.h)
  std::shared_ptr<const text::Tokenizer> pieces;

  static constexpr bool kLearns = false;
  std::string field() const { return columns.path + ".vocabulary.uri"; }
  // An error names that field, the file and its line.
  base::Result<void> read(data::Store& store);
  base::Result<void> learn(size_t, const TextCounts&) { return {}; }
  void prepare() {}
  bool knows_width() const { return true; }
  size_t width(size_t) const { return static_cast<size_t>(max_length); }
  std::string name(size_t i, size_t k) const {
    return columns.names[i] + "[" + std::to_string(k) + "]";
  }
  text::TokenIds tokens(std::string_view text) const { return pieces->encode(text, width(0)); }
  base::Json encode() const;
  base::Result<void> decode(const base::Json& json);

 private:
  base::Result<void> read_byte_level(data::Store& store);
  base::Result<void> read_word_piece(data::Store& store);
};

}  // namespace cresset::model
