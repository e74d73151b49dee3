#include "worker/text/byte_pair_files.h"

#include <gmock/gmock.h>

#include "tests/unit/worker/text/byte_pairs_of.h"

namespace cresset::text {
namespace byte_pair_files_test {

using base::Json;
using testing::HasSubstr;

const std::vector<std::string> kMerges{"a b", "ab c"};

Json vocabulary_of(const BytePairs& pairs) {
  Json vocabulary = Json::object();
  for (size_t i = 0; i < pairs.tokens.size(); ++i) vocabulary[pairs.tokens[i]] = i;
  return vocabulary;
}

// As tokenizers 0.23 writes it.
Json tokenizer() {
  const auto pairs = byte_pairs_of(kMerges);
  Json file = base::parse_json(R"({"version": "1.0", "truncation": null, "padding": null,
      "added_tokens": [{"id": 256, "content": "<|endoftext|>", "special": true}],
      "normalizer": null, "post_processor": null, "decoder": {"type": "ByteLevel"},
      "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
      "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
                "ignore_merges": false, "merges": [["a", "b"], ["ab", "c"]]}})")
                  .value();
  file["model"]["vocab"] = vocabulary_of(pairs);
  return file;
}

std::string error_of(const Json& file) {
  return read_byte_pairs(base::dump(file), std::nullopt).error().message();
}

TEST(BytePairFiles, AreATokenizerOrAVocabularyAndItsMerges) {
  const auto pairs = byte_pairs_of(kMerges);
  const auto one = read_byte_pairs(base::dump(tokenizer()), std::nullopt).value();
  const auto two =
      read_byte_pairs(base::dump(vocabulary_of(pairs)), "#version: 0.2\r\na b\r\nab c\n").value();
  for (const auto& read : {one, two}) {
    EXPECT_EQ(read.tokens, pairs.tokens);
    EXPECT_EQ(read.merges, kMerges);
  }
}

TEST(BytePairFiles, MergesMayBeTextsAndTokensMayBeAddedBehind) {
  auto file = tokenizer();
  file["model"]["merges"] = kMerges;
  file["added_tokens"].push_back({{"id", 259}, {"content", "<|user|>"}, {"special", true}});
  const auto read = read_byte_pairs(base::dump(file), std::nullopt).value();
  EXPECT_EQ(read.merges, kMerges);
  EXPECT_EQ(read.tokens.back(), "<|user|>");
}

TEST(BytePairFiles, AMergeOfNumberSignsIsNoVersion) {
  const auto pairs = byte_pairs_of({"# #"});
  EXPECT_EQ(read_byte_pairs(base::dump(vocabulary_of(pairs)), "# #\n").value().merges,
            pairs.merges);
}

TEST(BytePairFiles, WhatWouldMakeOtherIdsIsRefusedByItsField) {
  auto file = tokenizer();
  file["model"]["type"] = "Unigram";
  EXPECT_THAT(error_of(file), HasSubstr(R"(model.type is "Unigram", allowed is "BPE")"));
  file = tokenizer();
  file["normalizer"] = {{"type", "NFC"}};
  EXPECT_THAT(error_of(file), HasSubstr(R"(normalizer is {"type":"NFC"}, allowed is null)"));
  file = tokenizer();
  file["pre_tokenizer"]["add_prefix_space"] = true;
  EXPECT_THAT(error_of(file),
              HasSubstr("pre_tokenizer.add_prefix_space is true, allowed is false"));
  file = tokenizer();
  file["model"]["ignore_merges"] = true;
  EXPECT_THAT(error_of(file), HasSubstr("model.ignore_merges is true, allowed is false"));
  file = tokenizer();
  file["added_tokens"][0]["special"] = false;
  EXPECT_THAT(error_of(file), HasSubstr("added_tokens[0].special is false, allowed is true"));
}

TEST(BytePairFiles, EveryIdBelowTheGreatestHasOneToken) {
  auto file = tokenizer();
  file["model"]["vocab"]["abc"] = 400;
  EXPECT_THAT(error_of(file), HasSubstr("no token has the id 258"));
  file["model"]["vocab"]["abc"] = 7;
  EXPECT_THAT(error_of(file), HasSubstr("gives the id 7 to"));
  file["model"]["vocab"]["abc"] = -1;
  EXPECT_THAT(error_of(file), HasSubstr("model.vocab.abc is -1, allowed is an id from 0 to"));
  file["model"]["vocab"]["abc"] = "x";
  EXPECT_THAT(error_of(file), HasSubstr("model.vocab.abc is \"x\""));
}

TEST(BytePairFiles, AVocabularyWithoutMergesAndATokenizerWithThemAreTold) {
  const auto vocabulary = base::dump(vocabulary_of(byte_pairs_of(kMerges)));
  EXPECT_THAT(read_byte_pairs(vocabulary, std::nullopt).error().message(),
              HasSubstr("is no tokenizer.json"));
  EXPECT_THAT(read_byte_pairs(base::dump(tokenizer()), "a b").error().message(),
              HasSubstr("is a tokenizer.json, which has its merges"));
  for (const char* broken : {"", "[]", "{", "7", "\"x\""})
    EXPECT_FALSE(read_byte_pairs(broken, "a b")) << broken;
}

}  // namespace byte_pair_files_test
}  // namespace cresset::text
