#pragma once
// The steps of preprocessing that make numbers of columns of texts: a column goes, and what a step
// makes of it stands in its place. Members of Preprocessing (preprocess.h), which calls: learn()
// for each column of a fresh step, or decode(); prepare(); then width(), name() and place(), which
// are const and may be called by any thread; Tokenize (tokenize.h) has tokens() for place().
// Missing texts never come here: they are zeros, and of Tokenize what an empty text is.

#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"
#include "worker/model/steps.h"
#include "worker/model/tokenize.h"

namespace cresset::model {

// A value for each text of the training rows, 1 where a row has it, else 0; of an unknown text all
// are 0, as of scikit-learn's OneHotEncoder(handle_unknown="ignore").
struct OneHot {
  static constexpr std::string_view kName = "oneHot";
  StepColumns columns;
  std::optional<int64_t> max_categories;             // the most frequent ones; else all
  std::vector<std::vector<std::string>> categories;  // of each column, ascending

  static constexpr bool kLearns = true;
  static constexpr bool kMarks = true;  // place() is which of the values is 1; else it is the value
  base::Result<void> learn(size_t i, const TextCounts& counts);
  void prepare() {}
  bool knows_width() const { return categories.size() == columns.names.size(); }
  size_t width(size_t i) const { return categories[i].size(); }
  std::string name(size_t i, size_t k) const { return columns.names[i] + "=" + categories[i][k]; }
  std::optional<int64_t> place(size_t i, const std::string& text) const;
  base::Json encode() const;
  base::Result<void> decode(const base::Json& json);
};

// A value for each bucket, 1 in that of the text's hash, as scikit-learn's FeatureHasher with
// alternate_sign=False.
struct Hash {
  static constexpr std::string_view kName = "hash";
  StepColumns columns;
  int64_t buckets = 0;

  static constexpr bool kLearns = false;
  static constexpr bool kMarks = true;
  base::Result<void> learn(size_t, const TextCounts&) { return {}; }
  void prepare() {}
  bool knows_width() const { return true; }
  size_t width(size_t) const { return static_cast<size_t>(buckets); }
  std::string name(size_t i, size_t k) const { return columns.names[i] + "#" + std::to_string(k); }
  std::optional<int64_t> place(size_t i, const std::string& text) const;
  base::Json encode() const;
  base::Result<void> decode(const base::Json& json);
};

// A whole number for each text: 1 for the most frequent one of the training rows, and so on; 0 for
// one that is unknown or missing.
struct Vocabulary {
  static constexpr std::string_view kName = "vocabulary";
  StepColumns columns;
  int64_t max_size = 0;
  int64_t min_count = 1;
  std::vector<std::vector<std::string>> texts;  // of each column, the most frequent first
  std::vector<std::unordered_map<std::string, int64_t>> codes;

  static constexpr bool kLearns = true;
  static constexpr bool kMarks = false;
  base::Result<void> learn(size_t i, const TextCounts& counts);
  void prepare();
  bool knows_width() const { return true; }
  size_t width(size_t) const { return 1; }
  std::string name(size_t i, size_t) const { return columns.names[i]; }
  std::optional<int64_t> place(size_t i, const std::string& text) const;
  base::Json encode() const;
  base::Result<void> decode(const base::Json& json);
};

using TextStep = std::variant<OneHot, Hash, Vocabulary, Tokenize>;

// Of a Step or a TextStep.
auto& columns_of(auto& step) {
  return std::visit(
      [](auto& one) -> auto& { return one.columns; }, step);
}

// MurmurHash3 (Appleby), x86, 32 bits, seed 0.
uint32_t murmur3(std::string_view text);

}  // namespace cresset::model
