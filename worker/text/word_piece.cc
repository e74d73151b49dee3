#include "worker/text/word_piece.h"

#include <algorithm>
#include <optional>

#include "operator/base/json.h"
#include "worker/text/bert_words.h"
#include "worker/text/code_points.h"

namespace cresset::text {

using base::Result;

namespace {

constexpr std::string_view kContinues = "##";
constexpr std::string_view kByteOrderMark = "\uFEFF";
constexpr size_t kMostCharacters = 100;  // of a word that is divided

std::string line(size_t i) { return "line " + std::to_string(i + 1); }

bool is_utf8(std::string_view text) {
  return text.empty() || utf8proc_decompose(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                            static_cast<utf8proc_ssize_t>(text.size()), nullptr, 0,
                                            UTF8PROC_STABLE) >= 0;
}

Result<std::string> token_of(std::string_view text, size_t at) {
  const size_t last = text.find_last_not_of(" \t\r");
  text = text.substr(0, last == std::string_view::npos ? 0 : last + 1);
  if (text.size() > kMostTokenBytes)
    return base::fail(base::invalid(line(at) + " has " + std::to_string(text.size()) +
                                    " bytes, allowed are " + std::to_string(kMostTokenBytes) +
                                    ": wanted is a vocabulary, one token a line"));
  if (!is_utf8(text)) return base::fail(base::invalid(line(at) + " is not UTF-8"));
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
  CRESSET_CHECK(made->name_specials());
  return std::shared_ptr<const WordPiece>(std::move(made));
}

Result<void> WordPiece::index() {
  for (size_t i = 0; i < vocabulary_.size(); ++i) {
    const std::string_view token = vocabulary_[i];
    if (token.empty()) continue;
    longest_ = std::max(longest_, token.size());
    const auto id = static_cast<int32_t>(i);
    if (const auto [first, fresh] = starts_.emplace(token, id); !fresh)
      return base::fail(base::invalid(line(i) + " has " + base::dump(base::Json(vocabulary_[i])) +
                                      " again, which is the token of " +
                                      line(static_cast<size_t>(first->second))));
    if (token.starts_with(kContinues)) continuations_.emplace(token.substr(kContinues.size()), id);
  }
  return {};
}

Result<void> WordPiece::name_specials() {
  const std::pair<std::string_view, int32_t*> specials[] = {
      {"[UNK]", &unknown_}, {"[CLS]", &begin_}, {"[SEP]", &end_}, {"[PAD]", &padding_}};
  for (const auto& [name, id] : specials) {
    const auto found = starts_.find(name);
    if (found == starts_.end())
      return base::fail(base::invalid("none of its " + std::to_string(vocabulary_.size()) +
                                      " lines is " + std::string(name) +
                                      ", which WordPiece needs beside [UNK], [CLS], [SEP] and "
                                      "[PAD]"));
    *id = found->second;
  }
  return {};
}

// The bytes of the longest piece that `rest` begins with; 0: there is none.
size_t WordPiece::longest_piece(const Pieces& pieces, std::string_view rest) const {
  for (size_t size = std::min(rest.size(), longest_); size > 0; --size)
    if ((size == rest.size() || begins_character(rest[size])) &&
        pieces.contains(rest.substr(0, size)))
      return size;
  return 0;
}

void WordPiece::add_pieces(std::string_view word, std::vector<int32_t>& ids) const {
  const size_t before = ids.size();
  const bool divided = characters(word) <= kMostCharacters;
  size_t from = 0;
  while (from < word.size()) {
    const Pieces& pieces = from == 0 ? starts_ : continuations_;
    const size_t size = divided ? longest_piece(pieces, word.substr(from)) : 0;
    if (size == 0) {
      ids.resize(before);
      ids.push_back(unknown_);
      return;
    }
    ids.push_back(pieces.at(word.substr(from, size)));
    from += size;
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

}  // namespace cresset::text
