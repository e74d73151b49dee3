// Any bytes as lines of a vocabulary (up to the first zero) and a text: the lines are refused, or
// are read again as they were written; the text's ids are of the vocabulary, no more than were
// asked for, begin as a longer answer begins, spell the text's words where none is unknown, and are
// those of the words with a space between them.

#include <algorithm>

#include "tests/fuzz/target.h"
#include "worker/text/bert_words.h"
#include "worker/text/word_piece.h"

namespace {

using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::text::each_bert_word;
using cresset::text::read_vocabulary;
using cresset::text::TokenIds;
using cresset::text::WordPiece;

constexpr size_t kLongest = 512;
constexpr size_t kMost = 8;
constexpr size_t kEnough = kLongest + 2;  // for any text here
constexpr int32_t kUnknown = 1, kBegin = 2, kEnd = 3;

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::vector<std::string> words_of(std::string_view text, bool lowercase) {
  std::vector<std::string> words;
  each_bert_word(text, lowercase, [&](std::string_view word) {
    words.emplace_back(word);
    return true;
  });
  return words;
}

std::string spelled(const WordPiece& pieces, const TokenIds& made) {
  std::string text;
  for (size_t i = 1; i + 1 < made.ids.size(); ++i) {
    const auto& piece = pieces.vocabulary()[static_cast<size_t>(made.ids[i])];
    text += piece.starts_with("##") ? piece.substr(2) : piece;
  }
  return text;
}

void check(const WordPiece& pieces, std::string_view text) {
  auto whole = pieces.encode(text, kEnough);
  const auto some = pieces.encode(text, kMost);
  if (kPlanted && whole.ids.size() > kMost && whole.ids[kMost] == 9) whole.ids.pop_back();
  require(!whole.cut && some.cut == (whole.ids.size() > kMost) && some.ids.size() <= kMost);
  require(whole.ids.front() == kBegin && whole.ids.back() == kEnd && some.ids.back() == kEnd);
  require(std::equal(some.ids.begin(), some.ids.end() - 1, whole.ids.begin()));
  for (const auto id : whole.ids)
    require(id >= 0 && static_cast<size_t>(id) < pieces.vocabulary().size());
  const auto words = words_of(text, pieces.lowercase());
  if (std::find(whole.ids.begin(), whole.ids.end(), kUnknown) == whole.ids.end())
    require(spelled(pieces, whole) == joined(words, ""));
  require(pieces.encode(joined(words, " "), kEnough).ids == whole.ids);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > kLongest) return 0;
  const auto bytes = cresset::fuzz::view(data, size);
  const size_t end = std::min(bytes.find('\0'), size);
  const auto lines =
      read_vocabulary("[PAD]\n[UNK]\n[CLS]\n[SEP]\n" + std::string(bytes.substr(0, end)));
  if (!lines) return 0;
  require(*read_vocabulary(joined(*lines, "\n") + "\n") == *lines);
  for (const bool lowercase : {true, false})
    if (const auto pieces = WordPiece::make(*lines, lowercase))
      check(**pieces, bytes.substr(std::min(end + 1, size)));
  return 0;
}
