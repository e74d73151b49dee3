#include "worker/model/text_steps.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cresset::model {

using base::Json;
using base::Result;

namespace {

// The most frequent first; of those that are equally frequent, the lesser text.
std::vector<std::string> most_frequent(const TextCounts& counts, int64_t most, int64_t min_count) {
  std::vector<TextCounts::const_iterator> order;
  for (auto at = counts.begin(); at != counts.end(); ++at)
    if (at->second >= min_count) order.push_back(at);
  std::stable_sort(order.begin(), order.end(),
                   [](auto one, auto other) { return one->second > other->second; });
  order.resize(std::min(order.size(), static_cast<size_t>(most)));
  std::vector<std::string> texts;
  for (const auto at : order) texts.push_back(at->first);
  return texts;
}

// A list of texts for each column.
Result<std::vector<std::vector<std::string>>> texts_of(const Json& json, const char* key,
                                                       const StepColumns& columns) {
  const std::string path = columns.path + "." + key;
  const Json* lists = base::find(json, std::string("/") + key);
  if (lists == nullptr || !lists->is_array() || lists->size() != columns.names.size())
    return base::fail(base::invalid(path + ": wanted " + std::to_string(columns.names.size()) +
                                    " lists, one a column"));
  std::vector<std::vector<std::string>> all;
  for (const auto& list : *lists) {
    auto& texts = all.emplace_back();
    if (!list.is_array()) return base::fail(base::invalid(path + ": wanted lists of texts"));
    for (const auto& text : list) {
      if (!text.is_string())
        return base::fail(
            base::invalid(path + ": found " + base::dump(text) + ", allowed are texts"));
      texts.push_back(text.get<std::string>());
    }
  }
  return all;
}

}  // namespace

Result<void> OneHot::learn(size_t i, const TextCounts& counts) {
  constexpr int64_t kMost = worker_contract::kMostCategories;
  if (counts.empty()) return base::fail(no_value_to_learn_from(columns, i));
  if (!max_categories && counts.size() > static_cast<size_t>(kMost))
    return base::fail(base::invalid(
        columns.path + ": column \"" + columns.names[i] + "\" has " +
        std::to_string(counts.size()) + " different values in the training rows, allowed are " +
        std::to_string(kMost) + "; maxCategories keeps the most frequent, hash takes any number"));
  categories.push_back(most_frequent(counts, max_categories.value_or(kMost), 1));
  std::sort(categories.back().begin(), categories.back().end());
  return {};
}

std::optional<int64_t> OneHot::place(size_t i, const std::string& text) const {
  const auto& known = categories[i];
  const auto at = std::lower_bound(known.begin(), known.end(), text);
  if (at == known.end() || *at != text) return std::nullopt;
  return at - known.begin();
}

Json OneHot::encode() const { return {{"categories", categories}}; }

Result<void> OneHot::decode(const Json& json) {
  CRESSET_TRY(found, texts_of(json, "categories", columns));
  for (const auto& known : found)
    if (known.empty() ||
        std::adjacent_find(known.begin(), known.end(), std::greater_equal<>()) != known.end())
      return base::fail(base::invalid(
          columns.path + ".categories: wanted ascending texts, at least one a column"));
  categories = std::move(found);
  return {};
}

std::optional<int64_t> Hash::place(size_t, const std::string& text) const {
  const auto hash = static_cast<int64_t>(static_cast<int32_t>(murmur3(text)));
  return std::abs(hash) % buckets;
}

Json Hash::encode() const { return {{"buckets", buckets}}; }

Result<void> Hash::decode(const Json& json) {
  buckets = base::number_at(json, "/buckets");
  if (buckets < 1 || buckets > worker_contract::kMostBuckets)
    return base::fail(base::invalid(columns.path + ".buckets: found " + std::to_string(buckets) +
                                    ", allowed are 1 to " +
                                    std::to_string(worker_contract::kMostBuckets)));
  return {};
}

Result<void> Vocabulary::learn(size_t i, const TextCounts& counts) {
  if (counts.empty()) return base::fail(no_value_to_learn_from(columns, i));
  texts.push_back(most_frequent(counts, max_size, min_count));
  if (!texts.back().empty()) return {};
  return base::fail(base::invalid(columns.path + ".minCount: column \"" + columns.names[i] +
                                  "\" has no value in " + std::to_string(min_count) +
                                  " training rows or more"));
}

std::optional<int64_t> Vocabulary::place(size_t i, const std::string& text) const {
  const auto found = codes[i].find(text);
  return found != codes[i].end() ? found->second : 0;
}

Json Vocabulary::encode() const { return {{"texts", texts}}; }

Result<void> Vocabulary::decode(const Json& json) {
  CRESSET_TRY(found, texts_of(json, "texts", columns));
  texts = std::move(found);
  prepare();
  for (size_t i = 0; i < texts.size(); ++i)
    if (codes[i].size() != texts[i].size())
      return base::fail(
          base::invalid(columns.path + ".texts: wanted different texts for each column"));
  return {};
}

void Vocabulary::prepare() {
  codes.assign(texts.size(), {});
  for (size_t i = 0; i < texts.size(); ++i)
    for (const auto& text : texts[i])
      codes[i].emplace(text, static_cast<int64_t>(codes[i].size()) + 1);
}

uint32_t murmur3(std::string_view text) {
  constexpr uint32_t kOne = 0xcc9e2d51, kTwo = 0x1b873593;
  const auto scrambled = [](uint32_t block) { return std::rotl(block * kOne, 15) * kTwo; };
  uint32_t hash = 0;
  const size_t whole = text.size() / 4 * 4;
  for (size_t i = 0; i < whole; i += 4) {
    uint32_t block = 0;
    std::memcpy(&block, text.data() + i, 4);
    hash = std::rotl(hash ^ scrambled(block), 13) * 5 + 0xe6546b64;
  }
  uint32_t rest = 0;
  for (size_t i = text.size(); i > whole; --i)
    rest = rest << 8 | static_cast<unsigned char>(text[i - 1]);
  hash ^= scrambled(rest) ^ static_cast<uint32_t>(text.size());
  hash = (hash ^ hash >> 16) * 0x85ebca6b;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35;
  return hash ^ hash >> 16;
}

}  // namespace cresset::model
