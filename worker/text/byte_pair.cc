#include "worker/text/byte_pair.h"

#include <algorithm>
#include <functional>

#include "worker/text/code_points.h"
#include "worker/text/gpt_words.h"

namespace cresset::text {

using base::Json;
using base::Result;

namespace {

std::string shown(std::string_view text) { return base::dump(Json(std::string(text))); }

// The character that GPT-2 writes for each byte.
std::array<std::string, 256> byte_characters() {
  std::array<std::string, 256> characters;
  utf8proc_int32_t unseen = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const bool seen = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte != 0xAD);
    text::append(seen ? byte : unseen++, characters[static_cast<size_t>(byte)]);
  }
  return characters;
}

uint64_t key_of(int32_t left, int32_t right) {
  return (static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32) | static_cast<uint32_t>(right);
}

}  // namespace

// One word while its pairs are merged: a list of tokens, and a heap of the merges that can be done.
class BytePair::Word {
 public:
  explicit Word(const BytePair& pairs) : pairs_(pairs) {}

  void divide(std::string_view word, std::vector<int32_t>& ids) {
    begin(word);
    while (!ways_.empty()) {
      std::pop_heap(ways_.begin(), ways_.end(), std::greater<>());
      const Way way = ways_.back();
      ways_.pop_back();
      merge(way);
    }
    for (int32_t at = 0; at != kNone; at = parts_[static_cast<size_t>(at)].next)
      ids.push_back(parts_[static_cast<size_t>(at)].token);
  }

 private:
  static constexpr int32_t kNone = -1;
  struct Part {
    int32_t token;  // kNone: it was merged into the one before it
    int32_t before, next;
  };
  // The merge of the part at `at` and its next; of equal ranks the first in the word comes first.
  struct Way {
    int32_t rank, at, token;
    bool operator>(const Way& other) const {
      return rank != other.rank ? rank > other.rank : at > other.at;
    }
  };

  void begin(std::string_view word) {
    parts_.clear();
    const auto size = static_cast<int32_t>(word.size());
    for (int32_t i = 0; i < size; ++i) {
      const auto byte = static_cast<unsigned char>(word[static_cast<size_t>(i)]);
      parts_.push_back({pairs_.bytes_[byte], i - 1, i + 1 < size ? i + 1 : kNone});
    }
    for (int32_t i = 0; i + 1 < size; ++i) add_way(i);
  }
  Part& part(int32_t at) { return parts_[static_cast<size_t>(at)]; }
  const Merge* merge_at(int32_t at) {
    const Part& left = part(at);
    if (left.token == kNone || left.next == kNone) return nullptr;
    return pairs_.merge_of(left.token, part(left.next).token);
  }
  void add_way(int32_t at) {
    const auto* merge = merge_at(at);
    if (merge == nullptr) return;
    ways_.push_back({merge->rank, at, merge->token});
    std::push_heap(ways_.begin(), ways_.end(), std::greater<>());
  }
  void merge(const Way& way) {
    const auto* still = merge_at(way.at);
    if (still == nullptr || still->token != way.token) return;  // one of its parts has changed
    Part& left = part(way.at);
    Part& right = part(left.next);
    left.token = way.token;
    right.token = kNone;
    left.next = right.next;
    if (left.next != kNone) part(left.next).before = way.at;
    if (left.before != kNone) add_way(left.before);
    add_way(way.at);
  }

  const BytePair& pairs_;
  std::vector<Part> parts_;
  std::vector<Way> ways_;
};

Result<std::shared_ptr<const BytePair>> BytePair::make(BytePairs pairs) {
  std::shared_ptr<BytePair> made(new BytePair(std::move(pairs)));
  CRESSET_CHECK(made->index());
  CRESSET_CHECK(made->name_bytes());
  CRESSET_CHECK(made->index_merges());
  return std::shared_ptr<const BytePair>(std::move(made));
}

Result<void> BytePair::index() {
  for (size_t i = 0; i < pairs_.tokens.size(); ++i)
    if (const auto [first, fresh] = ids_.emplace(pairs_.tokens[i], static_cast<int32_t>(i)); !fresh)
      return base::fail(base::invalid("the tokens " + std::to_string(first->second) + " and " +
                                      std::to_string(i) + " are both " + shown(first->first) +
                                      "; allowed is one of a name"));
  return {};
}

Result<void> BytePair::name_bytes() {
  const auto characters = byte_characters();
  const auto id_of = [&](std::string_view token, const std::string& what) -> Result<int32_t> {
    if (const auto found = ids_.find(token); found != ids_.end()) return found->second;
    return base::fail(base::invalid("none of its " + std::to_string(pairs_.tokens.size()) +
                                    " tokens is " + what + shown(token) +
                                    ", which byte-level BPE needs beside " +
                                    std::string(kEndOfText) + " and one for each of 256 bytes"));
  };
  for (size_t byte = 0; byte < characters.size(); ++byte) {
    CRESSET_TRY(id, id_of(characters[byte], "the byte " + std::to_string(byte) + ", "));
    bytes_[byte] = id;
  }
  CRESSET_TRY(end, id_of(kEndOfText, ""));
  end_ = end;
  return {};
}

Result<void> BytePair::index_merges() {
  for (size_t i = 0; i < pairs_.merges.size(); ++i) {
    const std::string_view merge = pairs_.merges[i];
    const auto wrong = [&](const std::string& what) {
      return base::fail(
          base::invalid("merge " + std::to_string(i + 1) + ", " + shown(merge) + ", " + what));
    };
    const size_t space = merge.find(' ');
    if (space == std::string_view::npos)
      return wrong("is not two tokens with a space between them");
    const std::string left(merge.substr(0, space)), right(merge.substr(space + 1));
    for (const auto& token : {left, right, left + right})
      if (!ids_.contains(token)) return wrong("is of " + shown(token) + ", which is no token");
    const Merge made{static_cast<int32_t>(i), ids_.at(left + right)};
    const auto [first, fresh] = merges_.emplace(key_of(ids_.at(left), ids_.at(right)), made);
    if (!fresh) return wrong("is merge " + std::to_string(first->second.rank + 1) + " again");
  }
  return {};
}

const BytePair::Merge* BytePair::merge_of(int32_t left, int32_t right) const {
  const auto found = merges_.find(key_of(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

TokenIds BytePair::encode(std::string_view text, size_t most) const {
  TokenIds made{.ids = {end_}};
  Word word(*this);
  while (!text.empty() && made.ids.size() <= most) {
    auto rest = take_gpt_word(text);
    for (; !rest.empty() && made.ids.size() <= most;
         rest.remove_prefix(std::min(rest.size(), kMostWordBytes)))
      word.divide(rest.substr(0, kMostWordBytes), made.ids);
  }
  made.cut = made.ids.size() > most;
  if (made.cut) made.ids.resize(most);
  return made;
}

Json BytePair::encode() const { return {{"tokens", pairs_.tokens}, {"merges", pairs_.merges}}; }

}  // namespace cresset::text
