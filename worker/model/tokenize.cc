#include "worker/model/tokenize.h"

#include "worker/data/store.h"

namespace cresset::model {

using base::Json;
using base::Result;

Result<void> Tokenize::read(data::Store& store) {
  const auto from_file = [&]() -> Result<void> {
    CRESSET_TRY(file, store.read(vocabulary_uri, text::kMostVocabularyBytes));
    auto lines = text::read_vocabulary(file);
    if (!lines) return base::fail(lines.error().with_context(vocabulary_uri));
    auto made = text::WordPiece::make(std::move(*lines), lowercase);
    if (!made) return base::fail(made.error().with_context(vocabulary_uri));
    pieces = std::move(*made);
    return {};
  };
  if (auto read = from_file(); !read) return base::fail(read.error().with_context(field()));
  return {};
}

Json Tokenize::encode() const {
  return {{"maxLength", max_length}, {"lowercase", lowercase}, {"tokens", pieces->vocabulary()}};
}

Result<void> Tokenize::decode(const Json& json) {
  base::Reader reader(json, columns.path);
  auto length =
      reader.require("maxLength").integer("maxLength", {3, worker_contract::kMostTokensOfText});
  auto lower = reader.require("lowercase").flag("lowercase");
  auto tokens = reader.require("tokens").texts("tokens", text::kMostTokens);
  CRESSET_CHECK(reader.finish_lenient());
  auto made = text::WordPiece::make(std::move(*tokens), *lower);
  if (!made) return base::fail(made.error().with_context(columns.path + ".tokens"));
  max_length = *length;
  lowercase = *lower;
  pieces = std::move(*made);
  return {};
}

}  // namespace cresset::model
