#include "worker/text/byte_pair_files.h"

#include <algorithm>

#include "operator/base/clean_text.h"
#include "operator/base/utf8.h"
#include "worker/text/shown.h"

namespace cresset::text {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr char kVocabulary[] = "model.vocab";
constexpr char kAdded[] = "added_tokens";

// `field` may end with a token.
base::Error not_allowed(const std::string& field, const Json& found, const std::string& allowed) {
  constexpr size_t kMostOfField = 100;
  return base::invalid(base::clean_line(field, kMostOfField) + " is " + shown(found) +
                       ", allowed is " + allowed);
}

struct Way {
  const char* field;
  const char* pointer;
  std::vector<Json> allowed;  // errors name the first
};

// What is not there is as if it was null.
Result<void> check_way(const Json& file, const Way& way) {
  const Json none;
  const Json* at = base::find(file, way.pointer);
  const Json& found = at == nullptr ? none : *at;
  if (std::find(way.allowed.begin(), way.allowed.end(), found) != way.allowed.end()) return {};
  return base::fail(not_allowed(way.field, found, base::dump(way.allowed.front())));
}

// What of a tokenizer.json says how ids are made must say what this folder does. GPT-2's own is
// older than most of that, the type of its model included.
Result<void> check_ways(const Json& file) {
  const Json none;
  const Way ways[] = {
      {"model.type", "/model/type", {"BPE", none}},
      {"model.dropout", "/model/dropout", {none, 0}},
      {"model.continuing_subword_prefix", "/model/continuing_subword_prefix", {none, ""}},
      {"model.end_of_word_suffix", "/model/end_of_word_suffix", {none, ""}},
      {"model.byte_fallback", "/model/byte_fallback", {false, none}},
      {"model.ignore_merges", "/model/ignore_merges", {false, none}},
      {"normalizer", "/normalizer", {none}},
      {"pre_tokenizer.type", "/pre_tokenizer/type", {"ByteLevel"}},
      {"pre_tokenizer.add_prefix_space", "/pre_tokenizer/add_prefix_space", {false}},
      {"pre_tokenizer.use_regex", "/pre_tokenizer/use_regex", {true, none}},
  };
  for (const auto& way : ways) CRESSET_CHECK(check_way(file, way));
  const Json* after = base::find(file, "/post_processor");
  if (after == nullptr || after->is_null()) return {};
  // One without a type may be RoBERTa's, which adds tokens.
  return check_way(file, {"post_processor.type", "/post_processor/type", {"ByteLevel"}});
}

// Puts a token at its id, which `field` gives.
Result<void> place(std::string token, const Json& id, const std::string& field,
                   std::vector<std::optional<std::string>>& tokens) {
  if (!id.is_number_integer() || id < 0 || id >= kMostTokens)
    return base::fail(not_allowed(field, id, "an id from 0 to " + std::to_string(kMostTokens - 1)));
  const auto at = id.get<size_t>();
  if (at >= tokens.size()) tokens.resize(at + 1);
  if (tokens[at] && *tokens[at] != token)
    return base::fail(
        not_allowed(field, id, "an id of its own, and this is that of " + shown(*tokens[at])));
  tokens[at] = std::move(token);
  return {};
}

// Tokens that texts are not divided at are all that may be added.
Result<void> place_added(const Json& file, std::vector<std::optional<std::string>>& tokens) {
  Reader whole(file, "");
  const Json* added = whole.array(kAdded, kMostTokens);
  CRESSET_CHECK(whole.finish_lenient());
  for (size_t i = 0; added != nullptr && i < added->size(); ++i) {
    Reader reader((*added)[i], std::string(kAdded) + "[" + std::to_string(i) + "]");
    const auto content = reader.require("content").text("content", kMostTokenBytes);
    const Json* id = reader.require("id").any("id");
    const auto special = reader.flag("special");
    CRESSET_CHECK(reader.finish_lenient());
    if (!special.value_or(false))
      return base::fail(not_allowed(reader.path_of("special"), special.value_or(false), "true"));
    CRESSET_CHECK(place(*content, *id, reader.path_of("id"), tokens));
  }
  return {};
}

Result<std::vector<std::string>> without_gaps(
    const std::vector<std::optional<std::string>>& tokens) {
  std::vector<std::string> all;
  for (const auto& token : tokens) {
    if (!token)
      return base::fail(base::invalid("no token has the id " + std::to_string(all.size()) +
                                      "; allowed are vocabularies that have all ids below the "
                                      "greatest, which is " +
                                      std::to_string(tokens.size() - 1)));
    all.push_back(*token);
  }
  return all;
}

Result<std::vector<std::optional<std::string>>> tokens_of(const Json& vocabulary,
                                                          const std::string& field) {
  std::vector<std::optional<std::string>> tokens;
  for (const auto& [token, id] : vocabulary.items()) {
    if (token.size() > kMostTokenBytes)
      return base::fail(base::invalid(field + " has a token of " + std::to_string(token.size()) +
                                      " bytes, allowed are " + std::to_string(kMostTokenBytes)));
    CRESSET_CHECK(place(token, id, field + "." + token, tokens));
  }
  return tokens;
}

bool is_part(const Json& of_merge) {
  return of_merge.is_string() &&
         of_merge.get_ref<const std::string&>().find(' ') == std::string::npos;
}

// Each is "a b", or, of newer files, ["a", "b"].
Result<std::vector<std::string>> merges_of(const Json& list) {
  std::vector<std::string> merges;
  for (size_t i = 0; i < list.size(); ++i) {
    const auto& one = list[i];
    const bool pair = one.is_array() && one.size() == 2 && is_part(one[0]) && is_part(one[1]);
    if (!pair && !one.is_string())
      return base::fail(not_allowed("model.merges[" + std::to_string(i) + "]", one,
                                    "two tokens, as \"a b\" or [\"a\", \"b\"]"));
    merges.push_back(pair ? one[0].get<std::string>() + " " + one[1].get<std::string>()
                          : one.get<std::string>());
  }
  return merges;
}

// A line of merges.txt as a merge.
Result<std::string> merge_of_line(std::string_view text, size_t line, size_t before) {
  const std::string where = "line " + std::to_string(line) + " of the merges ";
  if (before == kMostTokens)
    return base::fail(base::invalid(where + "is one too many, allowed are " +
                                    std::to_string(kMostTokens) + " merges"));
  constexpr size_t kMostBytes = kMostTokenBytes + 1;  // of two that make a token
  if (text.size() > kMostBytes)
    return base::fail(base::invalid(where + "has " + std::to_string(text.size()) +
                                    " bytes, allowed are " + std::to_string(kMostBytes) +
                                    ": wanted is a merges.txt, two tokens a line"));
  if (!base::is_utf8(text)) return base::fail(base::invalid(where + "is not UTF-8"));
  return std::string(text);
}

// Without those that tell the version, which Hugging Face's tools skip wherever they are, and empty
// ones.
Result<std::vector<std::string>> merges_of_lines(std::string_view file) {
  std::vector<std::string> merges;
  for (size_t number = 1; !file.empty(); ++number) {
    const size_t end = std::min(file.find('\n'), file.size());
    auto line = file.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && !line.starts_with("#version")) {
      CRESSET_TRY(merge, merge_of_line(line, number, merges.size()));
      merges.push_back(std::move(merge));
    }
    file.remove_prefix(std::min(end + 1, file.size()));
  }
  return merges;
}

Result<BytePairs> of_tokenizer(const Json& file) {
  CRESSET_CHECK(check_ways(file));
  Reader reader(*base::find(file, "/model"), "model");
  const Json* vocabulary = reader.require("vocab").object("vocab");
  const Json* list = reader.require("merges").array("merges", kMostTokens);
  CRESSET_CHECK(reader.finish_lenient());
  CRESSET_TRY(placed, tokens_of(*vocabulary, kVocabulary));
  CRESSET_CHECK(place_added(file, placed));
  CRESSET_TRY(tokens, without_gaps(placed));
  CRESSET_TRY(merges, merges_of(*list));
  return BytePairs{.tokens = std::move(tokens), .merges = std::move(merges)};
}

}  // namespace

Result<BytePairs> read_byte_pairs(std::string_view vocabulary,
                                  const std::optional<std::string_view>& merges) {
  CRESSET_TRY(file, base::parse_json(vocabulary, {.max_bytes = kMostVocabularyBytes,
                                                  .max_elements = 4 * kMostTokens}));
  const bool is_tokenizer = base::find(file, "/model/vocab") != nullptr;
  if (is_tokenizer && merges)
    return base::fail(
        base::invalid("is a tokenizer.json, which has its merges; found others beside it"));
  if (is_tokenizer) return of_tokenizer(file);
  if (!file.is_object() || !merges)
    return base::fail(base::invalid(
        "is no tokenizer.json of Hugging Face's, which has model.vocab and model.merges; a "
        "vocab.json has its merges in another file, which is to be named beside it"));
  CRESSET_TRY(placed, tokens_of(file, "vocab.json"));
  CRESSET_TRY(tokens, without_gaps(placed));
  CRESSET_TRY(lines, merges_of_lines(*merges));
  return BytePairs{.tokens = std::move(tokens), .merges = std::move(lines)};
}

}  // namespace cresset::text
