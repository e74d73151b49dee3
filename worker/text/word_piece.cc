#include "worker/text/word_piece.h"

#include <algorithm>

#include "operator/base/utf8.h"
#include "worker/text/bert_words.h"
#include "worker/text/code_points.h"

namespace cresset::text {

using base::Result;

namespace {

constexpr std::string_view kContinues = "##";
constexpr std::string_view kByteOrderMark = "\uFEFF";
constexpr size_t kMostCharacters = 100;  // of a word that is divided

std::string line(size_t i) { return "line " + std::to_string(i + 1); }

Result<std::string> token_of(std::string_view text, size_t at) {
  const size_t last = text.find_last_not_of(" \t\r");
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  if (text.size() > kMostTokenBytes)
    return base::fail(base::invalid(line(at) + " has " + std::to_string(text.size()) +
                                    " bytes, allowed are " + std::to_string(kMostTokenBytes) +
                                    ": wanted is a vocabulary, one token a line"));
  if (!base::is_utf8(text)) return base::fail(base::invalid(line(at) + " is not UTF-8"));
  return std::string(text);
}

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

size_t characters(std::string_view word) {
  return static_cast<size_t>(std::count_if(word.begin(), word.end(), begins_character));
}

}  // namespace

Result<std::vector<std::string>> read_vocabulary(std::string_view file) {
  if (file.starts_with(kByteOrderMark)) file.remove_prefix(kByteOrderMark.size());
  if (file.ends_with('\n')) file.remove_suffix(1);
  std::vector<std::string> tokens;
  for (size_t from = 0; from <= file.size();) {
    const size_t end = std::min(file.find('\n', from), file.size());
    if (tokens.size() == kMostTokens)
      return base::fail(base::invalid(line(tokens.size()) + " is one too many, allowed are " +
                                      std::to_string(kMostTokens) + " tokens"));
    CRESSET_TRY(token, token_of(file.substr(from, end - from), tokens.size()));
    tokens.push_back(std::move(token));
    from = end + 1;
  }
  return tokens;
}

WordPiece::WordPiece(std::vector<std::string> vocabulary, bool lowercase)
    : vocabulary_(std::move(vocabulary)), lowercase_(lowercase) {}

Result<std::shared_ptr<const WordPiece>> WordPiece::make(std::vector<std::string> vocabulary,
                                                         bool lowercase) {
  std::shared_ptr<WordPiece> made(new WordPiece(std::move(vocabulary), lowercase));
  CRESSET_CHECK(made->index());
  return std::shared_ptr<const WordPiece>(std::move(made));
}

Result<void> WordPiece::index() {
  Ids ids;
  for (size_t i = 0; i < vocabulary_.size(); ++i) {
    const std::string_view token = vocabulary_[i];
    if (token.empty()) continue;
    const auto id = static_cast<int32_t>(i);
    if (const auto [first, fresh] = ids.emplace(token, id); !fresh)
      return base::fail(base::invalid(line(i) + " has " + base::dump(base::Json(vocabulary_[i])) +
                                      " again, which is the token of " +
                                      line(static_cast<size_t>(first->second))));
    starts_.push_back({token, id});
    if (token.starts_with(kContinues))
      continuations_.push_back({token.substr(kContinues.size()), id});
  }
  for (auto* pieces : {&starts_, &continuations_})
    std::sort(pieces->begin(), pieces->end(),
              [](const Piece& one, const Piece& other) { return one.text < other.text; });
  return name_specials(ids);
}

Result<void> WordPiece::name_specials(const Ids& ids) {
  const std::pair<std::string_view, int32_t*> specials[] = {
      {"[UNK]", &unknown_}, {"[CLS]", &begin_}, {"[SEP]", &end_}, {"[PAD]", &padding_}};
  for (const auto& [name, id] : specials) {
    const auto found = ids.find(name);
    if (found == ids.end())
      return base::fail(base::invalid("none of its " + std::to_string(vocabulary_.size()) +
                                      " lines is " + std::string(name) +
                                      ", which WordPiece needs beside [UNK], [CLS], [SEP] and "
                                      "[PAD]"));
    *id = found->second;
  }
  return {};
}

// Byte by byte, the pieces that begin as `rest` does become fewer; one that is no longer than that
// is the first of them.
const WordPiece::Piece* WordPiece::longest_piece(const Pieces& pieces, std::string_view rest) {
  const Piece* longest = nullptr;
  auto first = pieces.begin(), last = pieces.end();
  for (size_t size = 0; first != last; ++size) {
    if (first->text.size() == size) {
      if (size > 0) longest = &*first;
      ++first;
    }
    if (size == rest.size()) break;
    const auto byte = static_cast<unsigned char>(rest[size]);
    const auto at = [size](const Piece& piece) {
      return static_cast<unsigned char>(piece.text[size]);
    };
    first = std::partition_point(first, last, [&](const auto& piece) { return at(piece) < byte; });
    last = std::partition_point(first, last, [&](const auto& piece) { return at(piece) == byte; });
  }
  return longest;
}

void WordPiece::add_pieces(std::string_view word, std::vector<int32_t>& ids) const {
  const size_t before = ids.size();
  const bool divided = characters(word) <= kMostCharacters;
  while (!word.empty()) {
    const Pieces& pieces = ids.size() == before ? starts_ : continuations_;
    const Piece* piece = divided ? longest_piece(pieces, word) : nullptr;
    if (piece == nullptr) {
      ids.resize(before);
      ids.push_back(unknown_);
      return;
    }
    ids.push_back(piece->id);
    word.remove_prefix(piece->text.size());
  }
}

TokenIds WordPiece::encode(std::string_view text, size_t most) const {
  TokenIds made{.ids = {begin_}};
  each_bert_word(text, lowercase_, [&](std::string_view word) {
    add_pieces(word, made.ids);
    made.cut = made.ids.size() >= most;
    return !made.cut;
  });
  if (made.cut) made.ids.resize(most - 1);
  made.ids.push_back(end_);
  return made;
}

base::Json WordPiece::encode() const {
  return {{"lowercase", lowercase_}, {"tokens", vocabulary_}};
}

}  // namespace cresset::text
