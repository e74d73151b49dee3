#include "worker/text/byte_pair_files.h"

#include <gmock/gmock.h>

#include "tests/unit/worker/text/byte_pairs_of.h"

namespace cresset::text {
namespace byte_pair_files_test {

using base::Json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

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

// Of a tokenizer.json that says `value` at a pointer.
std::string error_with(const std::string& pointer, const Json& value) {
  auto file = tokenizer();
  file[Json::json_pointer(pointer)] = value;
  return error_of(file);
}

std::string error_of_merges(std::string_view merges) {
  return read_byte_pairs(base::dump(vocabulary_of(byte_pairs_of(kMerges))), merges)
      .error()
      .message();
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

TEST(BytePairFiles, Gpt2sOwnIsOlderThanTheTypesOfModels) {
  auto file = tokenizer();
  for (const char* newer : {"type", "byte_fallback", "ignore_merges"}) file["model"].erase(newer);
  file["pre_tokenizer"].erase("use_regex");
  file["post_processor"] = {
      {"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", false}};
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"})
    file["model"][affix] = "";
  file["model"]["merges"] = kMerges;
  EXPECT_EQ(read_byte_pairs(base::dump(file), std::nullopt).value().merges, kMerges);
}

TEST(BytePairFiles, NoDropoutMayBeWrittenAsNumber) {
  auto file = tokenizer();
  file["model"]["dropout"] = 0.0;
  EXPECT_TRUE(read_byte_pairs(base::dump(file), std::nullopt));
}

TEST(BytePairFiles, LinesThatTellAVersionAndEmptyOnesAreNoMerges) {
  const auto vocabulary = base::dump(vocabulary_of(byte_pairs_of(kMerges)));
  EXPECT_EQ(read_byte_pairs(vocabulary, "a b\n\n#version: 0.2\nab c").value().merges, kMerges);
}

TEST(BytePairFiles, AMergeOfNumberSignsIsNoVersion) {
  const auto pairs = byte_pairs_of({"# #"});
  EXPECT_EQ(read_byte_pairs(base::dump(vocabulary_of(pairs)), "# #\n").value().merges,
            pairs.merges);
}

TEST(BytePairFiles, WhatWouldMakeOtherIdsIsRefusedByItsField) {
  struct Other {
    const char* pointer;
    Json value;
    const char* told;
  };
  const Json none;
  const Other others[] = {
      {"/model/type", "Unigram", R"(model.type is "Unigram", allowed is "BPE")"},
      {"/model/dropout", 0.1, "model.dropout is 0.1, allowed is null"},
      {"/model/continuing_subword_prefix", "##",
       R"(model.continuing_subword_prefix is "##", allowed is null)"},
      {"/model/end_of_word_suffix", "</w>",
       R"(model.end_of_word_suffix is "</w>", allowed is null)"},
      {"/model/byte_fallback", true, "model.byte_fallback is true, allowed is false"},
      {"/model/ignore_merges", true, "model.ignore_merges is true, allowed is false"},
      {"/normalizer", {{"type", "NFC"}}, R"(normalizer is {"type":"NFC"}, allowed is null)"},
      {"/pre_tokenizer", none, R"(pre_tokenizer.type is null, allowed is "ByteLevel")"},
      {"/pre_tokenizer/type", "Sequence",
       R"(pre_tokenizer.type is "Sequence", allowed is "ByteLevel")"},
      {"/pre_tokenizer/add_prefix_space", true,
       "pre_tokenizer.add_prefix_space is true, allowed is false"},
      {"/pre_tokenizer/use_regex", false, "pre_tokenizer.use_regex is false, allowed is true"},
      {"/post_processor",
       {{"type", "TemplateProcessing"}, {"single", Json::array()}},
       R"(post_processor.type is "TemplateProcessing", allowed is "ByteLevel")"},
      {"/post_processor",
       {{"sep", {"</s>", 2}}, {"cls", {"<s>", 0}}},
       R"(post_processor.type is null, allowed is "ByteLevel")"},
      {"/added_tokens/0/special", false, "added_tokens[0].special is false, allowed is true"},
  };
  for (const auto& other : others)
    EXPECT_THAT(error_with(other.pointer, other.value), HasSubstr(other.told)) << other.pointer;
}

TEST(BytePairFiles, AddedTokensAreAListOfTokensWithIds) {
  for (const Json& other : {Json{{"a", 1}}, Json(7), Json("x"), Json(true)})
    EXPECT_THAT(error_with("/added_tokens", other), HasSubstr("added_tokens must be a list"));
  EXPECT_THAT(error_with("/added_tokens/0", 7), HasSubstr("added_tokens[0] must be an object"));
  EXPECT_THAT(error_with("/added_tokens/0", {{"content", "x"}, {"special", true}}),
              HasSubstr("added_tokens[0].id is required"));
  EXPECT_THAT(error_with("/added_tokens/0/id", -1),
              HasSubstr("added_tokens[0].id is -1, allowed is an id from 0 to 1048575"));
  EXPECT_THAT(
      error_with("/added_tokens/0/id", 3),
      HasSubstr(
          R"(added_tokens[0].id is 3, allowed is an id of its own, and this is that of "$")"));
  auto file = tokenizer();
  file.erase("added_tokens");
  EXPECT_TRUE(read_byte_pairs(base::dump(file), std::nullopt));
}

TEST(BytePairFiles, EveryIdBelowTheGreatestHasOneToken) {
  const std::string abc = "/model/vocab/abc";
  EXPECT_THAT(error_with(abc, 400), HasSubstr("no token has the id 258"));
  EXPECT_THAT(error_with(abc, 7),
              AllOf(HasSubstr(" is 7, allowed is an id of its own, and this is that of "),
                    HasSubstr("model.vocab.")));
  EXPECT_THAT(error_with(abc, -1), HasSubstr("model.vocab.abc is -1, allowed is an id from 0 to"));
  EXPECT_THAT(error_with(abc, 1048576), HasSubstr("model.vocab.abc is 1048576, allowed is an id"));
  EXPECT_THAT(error_with(abc, "x"), HasSubstr("model.vocab.abc is \"x\""));
  EXPECT_THAT(read_byte_pairs(R"({"abc": "x"})", "").error().message(),
              HasSubstr("vocab.json.abc is \"x\""));
}

TEST(BytePairFiles, TokensHaveBoundsAndWhatIsLongIsQuotedByItsBeginning) {
  EXPECT_THAT(error_with("/model/vocab/" + std::string(1025, 'x'), 259),
              HasSubstr("model.vocab has a token of 1025 bytes, allowed are 1024"));
  EXPECT_LT(error_with("/model/vocab/" + std::string(1024, 'x'), -1).size(), 300);
  std::string long_one;
  while (long_one.size() < 200) long_one += "▁";
  EXPECT_THAT(error_with("/normalizer", long_one),
              AllOf(HasSubstr("▁▁..., allowed is null"), Not(HasSubstr("\uFFFD"))));
}

TEST(BytePairFiles, AMergeIsTwoTokens) {
  const std::string wanted = R"(, allowed is two tokens, as "a b" or ["a", "b"])";
  for (const char* other : {R"(7)", R"(["a"])", R"(["a","b","c"])", R"(["a",7])", R"(["a b","c"])"})
    EXPECT_THAT(error_with("/model/merges", Json::array({base::parse_json(other).value()})),
                HasSubstr("model.merges[0] is " + std::string(other) + wanted));
}

TEST(BytePairFiles, LinesOfMergesHaveBounds) {
  EXPECT_THAT(
      error_of_merges("#version: 0.2\n\na b\n" + std::string(1026, 'x')),
      HasSubstr(
          R"(line 4 of the merges has 1026 bytes, allowed are 1025: wanted is a merges.txt, two tokens a line)"));
  EXPECT_THAT(error_of_merges("a b\n\xFF b\n"), HasSubstr("line 2 of the merges is not UTF-8"));
  std::string many = "#version: 0.2\n";
  for (size_t i = 0; i <= kMostTokens; ++i) many += "a\n";
  EXPECT_THAT(error_of_merges(many), HasSubstr("line 1048578 of the merges is one too many, "
                                               "allowed are 1048576 merges"));
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
