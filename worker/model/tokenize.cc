#include "worker/model/tokenize.h"

#include "crds/worker_contract/preprocess_spec.h"
#include "worker/data/store.h"
#include "worker/text/byte_pair_files.h"
#include "worker/text/word_piece.h"

namespace cresset::model {

using base::Json;
using base::Result;

namespace {

// Of what is made of files, or of a model.
template <typename Made>
Result<void> take(Result<Made> made, const std::string& where,
                  std::shared_ptr<const text::Tokenizer>& pieces) {
  if (!made) return base::fail(made.error().with_context(where));
  pieces = std::move(*made);
  return {};
}

}  // namespace

Result<void> Tokenize::read_word_piece(data::Store& store) {
  CRESSET_TRY(file, store.read(vocabulary_uri, text::kMostVocabularyBytes));
  auto lines = text::read_vocabulary(file);
  if (!lines) return base::fail(lines.error().with_context(vocabulary_uri));
  return take(text::WordPiece::make(std::move(*lines), lowercase), vocabulary_uri, pieces);
}

Result<void> Tokenize::read_byte_level(data::Store& store) {
  CRESSET_TRY(file, store.read(vocabulary_uri, text::kMostVocabularyBytes));
  std::string where = vocabulary_uri;
  std::optional<std::string> merges;
  if (!merges_uri.empty()) {
    CRESSET_TRY(lines, store.read(merges_uri, text::kMostVocabularyBytes));
    merges = std::move(lines);
    where += " with " + merges_uri;
  }
  auto pairs = text::read_byte_pairs(file, merges);
  if (!pairs) return base::fail(pairs.error().with_context(where));
  return take(text::BytePair::make(std::move(*pairs)), where, pieces);
}

Result<void> Tokenize::read(data::Store& store) {
  auto read = byte_level ? read_byte_level(store) : read_word_piece(store);
  if (!read) return base::fail(read.error().with_context(field()));
  return {};
}

Json Tokenize::encode() const {
  Json json = pieces->encode();
  json["maxLength"] = max_length;
  if (packed) json["samples"] = worker_contract::kPacked;
  return json;
}

Result<void> Tokenize::decode(const Json& json) {
  base::Reader reader(json, columns.path);
  auto length =
      reader.require("maxLength").integer("maxLength", {3, worker_contract::kMostTokensOfText});
  auto tokens = reader.require("tokens").texts("tokens", text::kMostTokens);
  auto merges = reader.texts("merges", text::kMostTokens);
  byte_level = reader.has("merges");
  if (!byte_level) reader.require("lowercase");
  lowercase = reader.flag("lowercase").value_or(true);
  packed = reader.text("samples") == worker_contract::kPacked;
  CRESSET_CHECK(reader.finish_lenient());
  max_length = *length;
  const std::string where = columns.path + ".tokens";
  return byte_level ? take(text::BytePair::make({.tokens = std::move(*tokens), .merges = *merges}),
                           where, pieces)
                    : take(text::WordPiece::make(std::move(*tokens), lowercase), where, pieces);
}

}  // namespace cresset::model
