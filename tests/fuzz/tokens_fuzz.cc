// Any bytes as lines of a vocabulary (up to the first zero) and a text: the lines are refused, or
// are read again as they were written; the text's ids are of the vocabulary, no more than were
// asked for, begin as a longer answer begins, spell the text's words where none is unknown, and are
// those of the words with a space between them. The same lines as merges of pairs, those left out
// that are none: the ids spell the text, whatever it is, begin as a longer answer begins, and are
// those of the plainest way to merge: the first merge of the list, at its first place, once more
// from the beginning after each. As a tokenizer.json, and as a vocab.json with the text as its
// merges, the lines are refused, or what is read of them is read again of the tokenizer.json that
// is written of it, and makes ids as pairs do, once it has all bytes.

#include <algorithm>
#include <array>
#include <set>

#include "tests/fuzz/target.h"
#include "worker/text/bert_words.h"
#include "worker/text/byte_pair_files.h"
#include "worker/text/code_points.h"
#include "worker/text/gpt_words.h"
#include "worker/text/word_piece.h"

namespace {

using cresset::base::Json;
using cresset::fuzz::kPlanted;
using cresset::fuzz::require;
using cresset::text::BytePair;
using cresset::text::BytePairs;
using cresset::text::each_bert_word;
using cresset::text::read_byte_pairs;
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
  const auto whole = pieces.encode(text, kEnough);
  const auto some = pieces.encode(text, kMost);
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

// As GPT-2 writes them.
std::array<std::string, 256> written_bytes() {
  std::array<std::string, 256> bytes;
  int32_t unseen = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const bool seen = (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
    cresset::text::append(seen ? byte : unseen++, bytes[static_cast<size_t>(byte)]);
  }
  return bytes;
}

const std::array<std::string, 256> kBytes = written_bytes();

// Adds the tokens for bytes, and <|endoftext|>, that are not there. Returns all.
std::set<std::string> add_bytes(std::vector<std::string>& tokens) {
  std::set<std::string> there(tokens.begin(), tokens.end());
  const auto add = [&](const std::string& token) {
    if (there.insert(token).second) tokens.push_back(token);
  };
  std::for_each(kBytes.begin(), kBytes.end(), add);
  add(std::string(cresset::text::kEndOfText));
  return there;
}

// A token for each byte, <|endoftext|>, and what the merges make.
BytePairs pairs_of(const std::vector<std::string>& lines) {
  BytePairs pairs;
  auto there = add_bytes(pairs.tokens);
  std::set<std::string> merges;
  for (const auto& line : lines) {
    const size_t space = std::min(line.find(' '), line.size());
    const auto left = line.substr(0, space), right = line.substr(std::min(space + 1, line.size()));
    if (!there.contains(left) || !there.contains(right)) continue;  // no token has a space
    if (!merges.insert(left + " " + right).second) continue;
    if (there.insert(left + right).second) pairs.tokens.push_back(left + right);
    pairs.merges.push_back(left + " " + right);
  }
  return pairs;
}

void merge_plainly(std::vector<std::string>& parts, const std::vector<std::string>& merges) {
  for (size_t i = 0; i < merges.size();) {
    size_t at = 0;
    while (at + 1 < parts.size() && parts[at] + " " + parts[at + 1] != merges[i]) ++at;
    if (at + 1 >= parts.size()) {
      ++i;
      continue;
    }
    parts[at] += parts[at + 1];
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    i = 0;
  }
}

void check_pairs(const BytePair& pairs, const BytePairs& made, std::string_view text) {
  std::vector<std::string> expected{std::string(cresset::text::kEndOfText)}, found;
  for (auto rest = text; !rest.empty();) {
    std::vector<std::string> parts;
    for (const char c : cresset::text::take_gpt_word(rest))
      parts.push_back(kBytes[static_cast<unsigned char>(c)]);
    merge_plainly(parts, made.merges);
    expected.insert(expected.end(), parts.begin(), parts.end());
  }
  auto whole = pairs.encode(text, kEnough);
  constexpr int32_t kSecondMerge = 258;
  if (kPlanted && whole.ids.size() > kMost && whole.ids.back() == kSecondMerge)
    whole.ids.pop_back();
  for (const auto id : whole.ids) found.push_back(made.tokens[static_cast<size_t>(id)]);
  require(found == expected && !whole.cut);
  const auto some = pairs.encode(text, kMost);
  require(some.cut == (whole.ids.size() > kMost) && some.ids.size() <= kMost);
  require(std::equal(some.ids.begin(), some.ids.end(), whole.ids.begin()));
}

// Tokens that are there twice, which files may have, are added ones.
Json tokenizer_of(const BytePairs& pairs) {
  Json vocabulary = Json::object(), added = Json::array(), merges = Json::array();
  for (size_t id = 0; id < pairs.tokens.size(); ++id)
    if (!vocabulary.emplace(pairs.tokens[id], id).second)
      added.push_back({{"id", id}, {"content", pairs.tokens[id]}, {"special", true}});
  for (const auto& merge : pairs.merges) {
    const bool is_pair = std::count(merge.begin(), merge.end(), ' ') == 1;
    const size_t space = merge.find(' ');
    merges.push_back(is_pair ? Json{merge.substr(0, space), merge.substr(space + 1)} : Json(merge));
  }
  return {{"model", {{"vocab", vocabulary}, {"merges", merges}}},
          {"added_tokens", added},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}}};
}

void check_files(std::string_view file, const std::optional<std::string_view>& merges,
                 std::string_view text) {
  auto read = read_byte_pairs(file, merges);
  if (!read) return;
  const auto again = read_byte_pairs(cresset::base::dump(tokenizer_of(*read)), std::nullopt);
  require(again.has_value() && again->tokens == read->tokens && again->merges == read->merges);
  add_bytes(read->tokens);
  if (const auto pairs = BytePair::make(*read)) check_pairs(**pairs, *read, text);
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
  const auto text = bytes.substr(std::min(end + 1, size));
  const auto made = pairs_of(*lines);
  check_pairs(*BytePair::make(made).value(), made, text);
  check_files(bytes.substr(0, end), std::nullopt, text);
  check_files(bytes.substr(0, end), text, text);
  for (const bool lowercase : {true, false})
    if (const auto pieces = WordPiece::make(*lines, lowercase)) check(**pieces, text);
  return 0;
}
