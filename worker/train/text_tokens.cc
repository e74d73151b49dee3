#include "worker/train/text_tokens.h"

#include <algorithm>

#include "crds/worker_contract/architectures.h"
#include "operator/base/digest.h"
#include "worker/train/training_data.h"

namespace cresset::train {

using base::Result;
using model::Tokenize;
using worker_contract::ModelSpec;

namespace {

constexpr char kModelField[] = "spec.training.model.";
constexpr char kLearnsTexts[] = "gpt";

std::string parameter(const ModelSpec& spec, const std::string& name) {
  const std::string where = spec.architecture.empty() ? "uri: its " : "parameters.";
  return kModelField + where + name;
}

Result<void> check_takes_tokens(const Tokenize& step, const ModelSpec& spec,
                                const ModelSpec& architecture) {
  const bool wants_bytes = architecture.architecture == kLearnsTexts;
  const bool takes_tokens = architecture.vocabulary_size > 0;
  if (takes_tokens && wants_bytes == step.byte_level) return {};
  const std::string wanted = !takes_tokens ? "numbers"
                             : wants_bytes ? "tokens of a byte-level vocabulary (.json)"
                                           : "tokens of WordPiece";
  const std::string made = !takes_tokens     ? "tokens"
                           : step.byte_level ? "those of a byte-level vocabulary"
                                             : "those of WordPiece";
  return base::fail(base::invalid(
      kModelField + std::string(spec.architecture.empty() ? "uri: " : "architecture: ") +
      architecture.architecture + " takes " + wanted + ", but " + step.columns.path + " makes " +
      made + " of texts; allowed are " +
      (step.byte_level ? "gpt" : "transformer, with parameters.vocabularySize,") +
      " and torchscript"));
}

// What is no token would be taken for one.
Result<void> check_columns(const model::Preprocessing& steps,
                           const std::vector<const Tokenize*>& tokenizers) {
  const auto is_of_tokens = [&](size_t column) {
    return std::any_of(tokenizers.begin(), tokenizers.end(), [&](const Tokenize* step) {
      const auto& own = step->columns.indices;
      return std::find(own.begin(), own.end(), column) != own.end();
    });
  };
  for (size_t c = 0; c < steps.columns().size(); ++c)
    if (!is_of_tokens(c))
      return base::fail(base::invalid(
          "spec.training.data.features: column \"" + steps.columns()[c] +
          "\" is not tokenized, and would be read as tokens; allowed are columns of " +
          tokenizers.front()->columns.path + ".columns alone"));
  return {};
}

// What fills one text up would be learnt before the next one.
Result<void> check_one_text(const model::Preprocessing& steps, const ModelSpec& architecture) {
  const size_t columns = steps.columns().size();
  if (architecture.architecture != kLearnsTexts || columns == 1) return {};
  return base::fail(
      base::invalid("spec.training.data.features: gpt learns the texts of one column, "
                    "found " +
                    std::to_string(columns) + "; allowed is the name of one"));
}

Result<void> check_one_vocabulary(const std::vector<const Tokenize*>& tokenizers) {
  const auto& first = *tokenizers.front();
  for (const auto* step : tokenizers)
    if (step->pieces->vocabulary() != first.pieces->vocabulary())
      return base::fail(base::invalid(step->field() + " is another vocabulary than " +
                                      first.field() +
                                      "; the network has one, which both must name"));
  return {};
}

Result<void> check_size(const Tokenize& step, const ModelSpec& spec,
                        const ModelSpec& architecture) {
  const auto size = static_cast<int64_t>(step.pieces->vocabulary().size());
  if (architecture.vocabulary_size >= size) return {};
  return base::fail(base::invalid(parameter(spec, "vocabularySize") + " is " +
                                  std::to_string(architecture.vocabulary_size) +
                                  ", but the vocabulary in " + step.field() + " has " +
                                  std::to_string(size) + " tokens; it must be at least that"));
}

Result<void> settle_padding(const Tokenize& step, const ModelSpec& spec, ModelSpec& architecture) {
  const int64_t padding = step.pieces->padding();
  if (!architecture.padding_token) architecture.padding_token = padding;
  if (*architecture.padding_token == padding) return {};
  return base::fail(base::invalid(parameter(spec, "paddingToken") + " is " +
                                  std::to_string(*architecture.padding_token) + ", but " +
                                  step.pieces->vocabulary()[static_cast<size_t>(padding)] +
                                  " of the vocabulary in " + step.field() + " is " +
                                  std::to_string(padding) + "; it must be that"));
}

// A module of the user's takes anything.
bool asks_for_tokens(const std::vector<const Tokenize*>& tokenizers,
                     const ModelSpec& architecture) {
  return !tokenizers.empty() && architecture.architecture != worker_contract::kTorchScript;
}

}  // namespace

Result<void> check_tokens(const model::Preprocessing& steps, const ModelSpec& spec,
                          const ModelSpec& architecture) {
  const auto tokenizers = steps.tokenizers();
  if (!asks_for_tokens(tokenizers, architecture)) return {};
  for (const auto* step : tokenizers) CRESSET_CHECK(check_takes_tokens(*step, spec, architecture));
  CRESSET_CHECK(check_columns(steps, tokenizers));
  return check_one_text(steps, architecture);
}

Result<void> settle_tokens(const model::Preprocessing& steps, const ModelSpec& spec,
                           ModelSpec& architecture) {
  const auto tokenizers = steps.tokenizers();
  if (!asks_for_tokens(tokenizers, architecture)) return {};
  CRESSET_CHECK(check_tokens(steps, spec, architecture));
  const auto& first = *tokenizers.front();
  CRESSET_CHECK(check_one_vocabulary(tokenizers));
  CRESSET_CHECK(check_size(first, spec, architecture));
  return settle_padding(first, spec, architecture);
}

Result<void> check_same_vocabularies(const model::Preprocessing& steps, dist::ProcessGroup& group) {
  for (const auto* step : steps.tokenizers())
    CRESSET_CHECK(check_same(group, base::sha256(base::dump(step->pieces->encode())),
                             step->field() +
                                 " changed while it was read: the workers found different "
                                 "vocabularies"));
  return {};
}

}  // namespace cresset::train
