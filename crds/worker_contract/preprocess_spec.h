#pragma once
// spec.training.preprocess: what is done to the columns of a table, step by step, before a network
// sees them. Structs with their JSON codec and validation; pure values; part of training_spec.h.
// What the steps learn and compute is worker/model/preprocess.h.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

// One step; exactly one key in the YAML: {standardize: {columns: ["pixel*"]}}. Columns are globs.
struct ImputeStep {
  static constexpr std::string_view kName = "impute";
  std::vector<std::string> columns;
  std::string strategy = "Mean";  // Mean | Median | MostFrequent | Constant
  double value = 0;               // for Constant
  bool operator==(const ImputeStep&) const = default;
};
struct StandardizeStep {
  static constexpr std::string_view kName = "standardize";
  std::vector<std::string> columns;
  bool operator==(const StandardizeStep&) const = default;
};
struct MinMaxStep {
  static constexpr std::string_view kName = "minMax";
  std::vector<std::string> columns;
  double min = 0;  // what the least and the greatest value of the training rows become
  double max = 1;
  bool operator==(const MinMaxStep&) const = default;
};
// Each side is a number, a quantile of the training rows, or open.
struct ClipStep {
  static constexpr std::string_view kName = "clip";
  std::vector<std::string> columns;
  std::optional<double> min, max;
  std::optional<double> min_quantile, max_quantile;
  bool operator==(const ClipStep&) const = default;
};
struct LogStep {
  static constexpr std::string_view kName = "log";
  std::vector<std::string> columns;
  double offset = 0;  // log(1 + value + offset)
  bool operator==(const LogStep&) const = default;
};
struct QuantileStep {
  static constexpr std::string_view kName = "quantile";
  std::vector<std::string> columns;
  int64_t quantiles = 1000;
  std::string distribution = "Uniform";  // Uniform | Normal
  bool operator==(const QuantileStep&) const = default;
};
// Of pixels: less the mean of their channel and divided by its deviation.
struct NormalizeStep {
  static constexpr std::string_view kName = "normalize";
  // Of divisor and deviation each: both together leave values of 1e9 within what a float holds.
  static constexpr double kLeastDivisor = 1e-12;
  struct Channel {
    double mean = 0;
    double deviation = 1;
    bool operator==(const Channel&) const = default;
  };
  std::vector<std::string> columns;
  double divisor = 255;           // of each value, before the rest
  std::vector<Channel> channels;  // that the columns, in their order, are divided into
  bool operator==(const NormalizeStep&) const = default;
};
// Of texts: 0 or 1 for each of them, or of the most frequent ones.
struct OneHotStep {
  static constexpr std::string_view kName = "oneHot";
  std::vector<std::string> columns;
  std::optional<int64_t> max_categories;
  bool operator==(const OneHotStep&) const = default;
};
// Of texts: 0 or 1 for each remainder of a hash.
struct HashStep {
  static constexpr std::string_view kName = "hash";
  std::vector<std::string> columns;
  int64_t buckets = 0;
  bool operator==(const HashStep&) const = default;
};
// Of texts: the place among the most frequent ones.
struct VocabularyStep {
  static constexpr std::string_view kName = "vocabulary";
  std::vector<std::string> columns;
  int64_t max_size = 10000;
  int64_t min_count = 1;
  bool operator==(const VocabularyStep&) const = default;
};
// Of texts: ids of the pieces that a vocabulary file has, as many for each text.
struct TokenizeStep {
  static constexpr std::string_view kName = "tokenize";
  std::vector<std::string> columns;
  // BERT's vocab.txt, in any store; a .json is a byte-level vocabulary, Hugging Face's
  // tokenizer.json, or GPT-2's vocab.json, whose merges are in a file of their own.
  std::string vocabulary_uri;
  std::string merges_uri;  // "": none
  int64_t max_length = 0;  // of a text: [CLS], pieces, [SEP], then [PAD]
  bool lowercase = true;   // of a vocab.txt; also takes accents away
  bool packed = false;     // samples: Packed, of texts that are joined, or Padded, one of each
  bool is_byte_level() const { return vocabulary_uri.ends_with(".json"); }
  bool operator==(const TokenizeStep&) const = default;
};
struct ReshapeStep {
  static constexpr std::string_view kName = "reshape";
  std::vector<int64_t> shape;  // of one sample, e.g. [1, 28, 28]; last step only
  bool operator==(const ReshapeStep&) const = default;
};
using PreprocessStep =
    std::variant<ImputeStep, StandardizeStep, MinMaxStep, ClipStep, LogStep, QuantileStep,
                 NormalizeStep, OneHotStep, HashStep, VocabularyStep, TokenizeStep, ReshapeStep>;

inline constexpr size_t kMaxPreprocessSteps = 32;
inline constexpr int64_t kMostBuckets = 1 << 16;
inline constexpr int64_t kMostTokensOfText = 1 << 16;
inline constexpr std::string_view kPacked = "Packed";
inline constexpr int64_t kMostCategories = 10000;  // of a column

// `list` is an array.
base::Result<std::vector<PreprocessStep>> decode_preprocess(const base::Json& list,
                                                            const std::string& path);
base::Json encode(const std::vector<PreprocessStep>& steps);

// The columns of the steps that take texts, as globs.
std::vector<std::string> text_columns(const std::vector<PreprocessStep>& steps);

// Names or globs of columns below `key`.
std::optional<std::vector<std::string>> read_columns(base::Reader& reader, std::string_view key);

}  // namespace cresset::worker_contract
