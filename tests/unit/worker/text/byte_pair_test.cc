#include "worker/text/byte_pair.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/worker/text/byte_pairs_of.h"

namespace cresset::text {
namespace byte_pair_test {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> tokens_of(const BytePair& pairs, std::string_view text,
                                   size_t most = 100) {
  std::vector<std::string> tokens;
  for (const auto id : pairs.encode(text, most).ids)
    tokens.push_back(pairs.vocabulary()[static_cast<size_t>(id)]);
  return tokens;
}

std::string error_of(BytePairs pairs) { return BytePair::make(std::move(pairs)).error().message(); }

TEST(BytePair, TheMergeThatStandsFirstIsDoneFirstWhereverItIs) {
  const auto pairs = BytePair::make(byte_pairs_of({"h e", "l l", "l o", "he ll", "Ġ t"})).value();
  EXPECT_THAT(tokens_of(*pairs, "hello tell"),
              ElementsAre("<|endoftext|>", "hell", "o", "Ġt", "e", "ll"));
  EXPECT_THAT(tokens_of(*BytePair::make(byte_pairs_of({"a a"})).value(), "aaaaa"),
              ElementsAre("<|endoftext|>", "aa", "aa", "a"));
}

TEST(BytePair, EveryByteHasAToken) {
  const auto pairs = BytePair::make(byte_pairs_of({})).value();
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  const auto ids = pairs->encode(all, 1000).ids;
  ASSERT_EQ(ids.size(), 257);
  EXPECT_EQ(std::set<int32_t>(ids.begin(), ids.end()).size(), 257);
  EXPECT_THAT(tokens_of(*pairs, "é\n"), ElementsAre("<|endoftext|>", "Ã", "©", "Ċ"));
}

TEST(BytePair, NoMoreThanAskedForAndSaysSo) {
  const auto pairs = BytePair::make(byte_pairs_of({"a b"})).value();
  EXPECT_THAT(tokens_of(*pairs, "ababab", 3), ElementsAre("<|endoftext|>", "ab", "ab"));
  EXPECT_TRUE(pairs->encode("ababab", 3).cut);
  EXPECT_FALSE(pairs->encode("ababab", 4).cut);
  EXPECT_THAT(tokens_of(*pairs, ""), ElementsAre("<|endoftext|>"));
}

TEST(BytePair, ItsOwnEndInATextIsAnyText) {
  const auto pairs = BytePair::make(byte_pairs_of({})).value();
  EXPECT_EQ(pairs->encode(kEndOfText, 100).ids.size(), 1 + kEndOfText.size());
}

TEST(BytePair, AWordOfAMegabyteIsDividedInTheTimeOfItsLength) {
  const auto pairs =
      BytePair::make(byte_pairs_of({"a a", "aa aa", "aaaa aaaa", "b a", "aaaaaaaa aaaaaaaa"}))
          .value();
  const auto ids = [&](size_t bytes) {
    return pairs->encode(std::string(bytes, 'a'), SIZE_MAX).ids.size();
  };
  EXPECT_EQ(ids(kMostWordBytes), 1 + kMostWordBytes / 16);
  EXPECT_EQ(ids(kMostWordBytes + 1), 2 + kMostWordBytes / 16);  // the rest is a part of its own
}

// Of this many merges a hash table by pairs, as libstdc++ has it, has so many buckets; those that
// are made here, and the pair "ta", fall into one of them.
BytePairs merges_of_one_bucket() {
  constexpr uint64_t kMerges = 40000, kBuckets = 42043;
  auto pairs = byte_pairs_of({});
  const auto id_of = [&](const std::string& token) {
    return static_cast<uint64_t>(std::find(pairs.tokens.begin(), pairs.tokens.end(), token) -
                                 pairs.tokens.begin());
  };
  const auto bucket = [](uint64_t left, uint64_t right) {
    return ((left << 32) | right) % kBuckets;
  };
  const uint64_t wanted = bucket(id_of("t"), id_of("a")), lefts = pairs.tokens.size();
  for (uint64_t i = 0; i < kMerges; ++i) pairs.tokens.push_back("l" + std::to_string(i));
  const uint64_t rights = pairs.tokens.size();
  for (uint64_t i = 0; i < kBuckets; ++i) pairs.tokens.push_back("r" + std::to_string(i));
  for (uint64_t left = lefts; left < lefts + kMerges; ++left) {
    const uint64_t right = rights + (wanted + kBuckets - bucket(left, rights)) % kBuckets;
    pairs.merges.push_back(pairs.tokens[left] + " " + pairs.tokens[right]);
    pairs.tokens.push_back(pairs.tokens[left] + pairs.tokens[right]);
  }
  return pairs;
}

TEST(BytePair, MergesThatAreChosenForTheirHashTakeNoLonger) {
  const auto pairs = BytePair::make(merges_of_one_bucket()).value();
  std::string text;
  while (text.size() < kMostWordBytes) text += "ta";
  EXPECT_EQ(pairs->encode(text, SIZE_MAX).ids.size(), 1 + kMostWordBytes);
}

TEST(BytePair, WhatIsNoVocabularyOfBytesIsRefused) {
  auto twice = byte_pairs_of({});
  twice.tokens.push_back("a");
  EXPECT_THAT(error_of(twice), HasSubstr(R"(the tokens 64 and 257 are both "a")"));
  auto endless = byte_pairs_of({});
  endless.tokens.pop_back();
  EXPECT_THAT(error_of(endless), HasSubstr(R"(none of its 256 tokens is "<|endoftext|>")"));
  auto without = byte_pairs_of({});
  without.tokens.erase(without.tokens.begin());
  EXPECT_THAT(error_of(without), HasSubstr(R"(none of its 256 tokens is the byte 33, "!")"));
}

TEST(BytePair, AMergeOfNoTokensIsRefused) {
  EXPECT_THAT(error_of(byte_pairs_of({"a b", "ab c", "a b"})), HasSubstr("both \"ab\""));
  auto pairs = byte_pairs_of({"a b"});
  pairs.merges = {"a b", "a b"};
  EXPECT_THAT(error_of(pairs), HasSubstr(R"(merge 2, "a b", is merge 1 again)"));
  pairs.merges = {"ab"};
  EXPECT_THAT(error_of(pairs), HasSubstr("is not two tokens with a space between them"));
  pairs.merges = {"a b c"};
  pairs.tokens.insert(pairs.tokens.end(), {"b c", "ab c"});
  EXPECT_THAT(error_of(pairs), HasSubstr("is not two tokens with a space between them"));
  pairs.merges = {"a c"};
  EXPECT_THAT(error_of(pairs), HasSubstr(R"(merge 1, "a c", is of "ac", which is no token)"));
}

TEST(BytePair, WhatIsLongIsQuotedByItsBeginning) {
  auto pairs = byte_pairs_of({});
  pairs.merges = {std::string(size_t{1} << 20, '\x1b')};
  EXPECT_LT(error_of(pairs).size(), 300);
  EXPECT_THAT(error_of(pairs), HasSubstr("..., is not two tokens"));
  pairs.merges = {std::string(size_t{1} << 20, 'x') + " y"};
  EXPECT_LT(error_of(pairs).size(), 300);
  pairs.merges.clear();
  pairs.tokens.insert(pairs.tokens.end(), 2, std::string(size_t{1} << 20, 'x'));
  EXPECT_LT(error_of(pairs).size(), 300);
}

}  // namespace byte_pair_test
}  // namespace cresset::text
