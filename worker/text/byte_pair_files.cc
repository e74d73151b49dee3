#include "worker/text/byte_pair_files.h"

#include <algorithm>

namespace cresset::text {

using base::Json;
using base::Reader;
using base::Result;

namespace {

constexpr char kVocabulary[] = "model.vocab";
constexpr char kAdded[] = "added_tokens";

base::Error not_allowed(const std::string& field, const Json& found, const std::string& allowed) {
  return base::invalid(field + " is " + base::dump(found).substr(0, 80) + ", allowed is " +
                       allowed);
}

// What a field is, or null where it is not there.
Json value_at(const Json& json, const std::string& pointer) {
  const Json* found = base::find(json, pointer);
  return found == nullptr ? Json() : *found;
}

// What of a tokenizer.json says how ids are made must say what this folder does.
Result<void> check_ways(const Json& file) {
  struct Way {
    const char* field;
    const char* pointer;
    std::vector<Json> allowed;
  };
  const Json none;
  const Way ways[] = {
      {"model.type", "/model/type", {"BPE"}},
      {"model.dropout", "/model/dropout", {none}},
      {"model.continuing_subword_prefix", "/model/continuing_subword_prefix", {none, ""}},
      {"model.end_of_word_suffix", "/model/end_of_word_suffix", {none, ""}},
      {"model.byte_fallback", "/model/byte_fallback", {false, none}},
      {"model.ignore_merges", "/model/ignore_merges", {false, none}},
      {"normalizer", "/normalizer", {none}},
      {"pre_tokenizer.type", "/pre_tokenizer/type", {"ByteLevel"}},
      {"pre_tokenizer.add_prefix_space", "/pre_tokenizer/add_prefix_space", {false}},
      {"pre_tokenizer.use_regex", "/pre_tokenizer/use_regex", {true, none}},
  };
  for (const auto& way : ways) {
    const Json found = value_at(file, way.pointer);
    if (std::find(way.allowed.begin(), way.allowed.end(), found) == way.allowed.end())
      return base::fail(not_allowed(way.field, found, base::dump(way.allowed.front())));
  }
  return {};
}

// Puts a token at its id.
Result<void> place(std::string token, const Json& id, const std::string& field,
                   std::vector<std::optional<std::string>>& tokens) {
  if (token.size() > kMostTokenBytes)
    return base::fail(base::invalid(field + " has a token of " + std::to_string(token.size()) +
                                    " bytes, allowed are " + std::to_string(kMostTokenBytes)));
  if (!id.is_number_integer() || id < 0 || id >= kMostTokens)
    return base::fail(
        not_allowed(field + "." + token, id, "an id from 0 to " + std::to_string(kMostTokens - 1)));
  const auto at = id.get<size_t>();
  if (at >= tokens.size()) tokens.resize(at + 1);
  if (tokens[at] && *tokens[at] != token)
    return base::fail(base::invalid(field + " gives the id " + std::to_string(at) + " to " +
                                    base::dump(Json(token)) + " and to " +
                                    base::dump(Json(*tokens[at])) + "; allowed is one"));
  tokens[at] = std::move(token);
  return {};
}

// Tokens that texts are not divided at are all that may be added.
Result<void> place_added(const Json& file, std::vector<std::optional<std::string>>& tokens) {
  const Json added = value_at(file, std::string("/") + kAdded);
  for (size_t i = 0; i < added.size(); ++i) {
    const std::string field = std::string(kAdded) + "[" + std::to_string(i) + "]";
    Reader reader(added[i], field);
    const auto content = reader.require("content").text("content", kMostTokenBytes);
    const Json* id = reader.require("id").any("id");
    const auto special = reader.flag("special");
    CRESSET_CHECK(reader.finish_lenient());
    if (!special.value_or(false))
      return base::fail(not_allowed(field + ".special", special.value_or(false), "true"));
    CRESSET_CHECK(place(*content, *id, field, tokens));
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
  for (const auto& [token, id] : vocabulary.items()) CRESSET_CHECK(place(token, id, field, tokens));
  return tokens;
}

// Each is "a b", or, of newer files, ["a", "b"].
Result<std::vector<std::string>> merges_of(const Json& list) {
  std::vector<std::string> merges;
  for (size_t i = 0; i < list.size(); ++i) {
    const auto& one = list[i];
    const bool pair = one.is_array() && one.size() == 2 && one[0].is_string() && one[1].is_string();
    if (!pair && !one.is_string())
      return base::fail(not_allowed("model.merges[" + std::to_string(i) + "]", one,
                                    "two tokens, as \"a b\" or [\"a\", \"b\"]"));
    merges.push_back(pair ? one[0].get<std::string>() + " " + one[1].get<std::string>()
                          : one.get<std::string>());
  }
  return merges;
}

// Lines after the version, which stands first.
std::vector<std::string> merges_of_lines(std::string_view file) {
  std::vector<std::string> merges;
  while (!file.empty()) {
    const size_t end = std::min(file.find('\n'), file.size());
    auto line = file.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const bool is_version = merges.empty() && line.starts_with("#version");
    if (!is_version && !line.empty()) merges.emplace_back(line);
    file.remove_prefix(std::min(end + 1, file.size()));
  }
  return merges;
}

Result<BytePairs> of_tokenizer(const Json& file) {
  CRESSET_CHECK(check_ways(file));
  const Json model = value_at(file, "/model");
  Reader reader(model, "model");
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
  CRESSET_TRY(placed, tokens_of(file, "the vocabulary"));
  CRESSET_TRY(tokens, without_gaps(placed));
  return BytePairs{.tokens = std::move(tokens), .merges = merges_of_lines(*merges)};
}

}  // namespace cresset::text
