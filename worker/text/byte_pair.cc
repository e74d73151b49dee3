#include "worker/text/byte_pair.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <tuple>

#include "worker/text/code_points.h"
#include "worker/text/gpt_words.h"
#include "worker/text/shown.h"

namespace cresset::text {

using base::Json;
using base::Result;

namespace {

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

}  // namespace

// The ids of tokens, while merges are read.
class BytePair::Ids {
 public:
  // An error names the token that is there twice.
  Result<void> add(const std::vector<std::string>& tokens) {
    for (size_t i = 0; i < tokens.size(); ++i)
      sorted_.emplace_back(tokens[i], static_cast<int32_t>(i));
    std::sort(sorted_.begin(), sorted_.end());
    const auto twice = std::adjacent_find(
        sorted_.begin(), sorted_.end(),
        [](const auto& one, const auto& next) { return one.first == next.first; });
    if (twice == sorted_.end()) return {};
    return base::fail(base::invalid("the tokens " + std::to_string(twice->second) + " and " +
                                    std::to_string(std::next(twice)->second) + " are both " +
                                    shown(twice->first) + "; allowed is one of a name"));
  }
  std::optional<int32_t> of(std::string_view token) const {
    const auto found = std::lower_bound(sorted_.begin(), sorted_.end(), std::pair(token, 0));
    if (found == sorted_.end() || found->first != token) return std::nullopt;
    return found->second;
  }

 private:
  std::vector<std::pair<std::string_view, int32_t>> sorted_;
};

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
  Ids ids;
  CRESSET_CHECK(ids.add(made->pairs_.tokens));
  CRESSET_CHECK(made->name_bytes(ids));
  CRESSET_CHECK(made->read_merges(ids));
  CRESSET_CHECK(made->index_merges());
  return std::shared_ptr<const BytePair>(std::move(made));
}

Result<void> BytePair::name_bytes(const Ids& ids) {
  const auto characters = byte_characters();
  const auto id_of = [&](std::string_view token, const std::string& what) -> Result<int32_t> {
    if (const auto id = ids.of(token)) return *id;
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

base::Error BytePair::wrong_merge(size_t rank, const std::string& what) const {
  return base::invalid("merge " + std::to_string(rank + 1) + ", " + shown(pairs_.merges[rank]) +
                       ", " + what);
}

Result<void> BytePair::read_merges(const Ids& ids) {
  for (size_t i = 0; i < pairs_.merges.size(); ++i) {
    const std::string_view merge = pairs_.merges[i];
    const size_t space = merge.find(' ');
    if (space == std::string_view::npos || merge.find(' ', space + 1) != std::string_view::npos)
      return base::fail(wrong_merge(i, "is not two tokens with a space between them"));
    const std::string left(merge.substr(0, space)), right(merge.substr(space + 1));
    Merge made{.rank = static_cast<int32_t>(i)};
    for (const auto& [token, id] : {std::pair(left, &made.left), std::pair(right, &made.right),
                                    std::pair(left + right, &made.token)}) {
      const auto found = ids.of(token);
      if (!found)
        return base::fail(wrong_merge(i, "is of " + shown(token) + ", which is no token"));
      *id = *found;
    }
    merges_.push_back(made);
  }
  return {};
}

Result<void> BytePair::index_merges() {
  std::sort(merges_.begin(), merges_.end(), [](const Merge& one, const Merge& other) {
    return std::tie(one.left, one.right, one.rank) < std::tie(other.left, other.right, other.rank);
  });
  const auto twice =
      std::adjacent_find(merges_.begin(), merges_.end(), [](const Merge& one, const Merge& next) {
        return one.left == next.left && one.right == next.right;
      });
  if (twice != merges_.end())
    return base::fail(wrong_merge(static_cast<size_t>(std::next(twice)->rank),
                                  "is merge " + std::to_string(twice->rank + 1) + " again"));
  begins_.resize(pairs_.tokens.size() + 1);
  for (const auto& merge : merges_) ++begins_[static_cast<size_t>(merge.left) + 1];
  std::partial_sum(begins_.begin(), begins_.end(), begins_.begin());
  return {};
}

const BytePair::Merge* BytePair::merge_of(int32_t left, int32_t right) const {
  const auto* first = merges_.data() + begins_[static_cast<size_t>(left)];
  const auto* last = merges_.data() + begins_[static_cast<size_t>(left) + 1];
  const auto* found = std::lower_bound(
      first, last, right, [](const Merge& merge, int32_t id) { return merge.right < id; });
  return found == last || found->right != right ? nullptr : found;
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
