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

std::string parameter(const ModelSpec& spec, const std::string& name) {
  const std::string where = spec.architecture.empty() ? "uri: its " : "parameters.";
  return kModelField + where + name;
}

Result<void> check_takes_tokens(const Tokenize& step, const ModelSpec& spec,
                                const ModelSpec& architecture) {
  const bool learns_padding = architecture.architecture == "gpt";
  if (architecture.vocabulary_size > 0 && !learns_padding) return {};
  return base::fail(base::invalid(
      kModelField + std::string(spec.architecture.empty() ? "uri: " : "architecture: ") +
      architecture.architecture +
      (learns_padding ? " would learn that [PAD] comes after [PAD]" : " takes numbers") + ", but " +
      step.columns.path +
      " makes tokens of texts; allowed are transformer, with parameters.vocabularySize, and "
      "torchscript"));
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
                                  std::to_string(*architecture.padding_token) +
                                  ", but [PAD] of the vocabulary in " + step.field() + " is " +
                                  std::to_string(padding) + "; it must be that"));
}

}  // namespace

Result<void> settle_tokens(const model::Preprocessing& steps, const ModelSpec& spec,
                           ModelSpec& architecture) {
  const auto tokenizers = steps.tokenizers();
  if (tokenizers.empty() || architecture.architecture == worker_contract::kTorchScript) return {};
  const auto& first = *tokenizers.front();
  CRESSET_CHECK(check_takes_tokens(first, spec, architecture));
  CRESSET_CHECK(check_columns(steps, tokenizers));
  CRESSET_CHECK(check_one_vocabulary(tokenizers));
  CRESSET_CHECK(check_size(first, spec, architecture));
  return settle_padding(first, spec, architecture);
}

Result<void> check_same_vocabularies(const model::Preprocessing& steps, dist::ProcessGroup& group) {
  for (const auto* step : steps.tokenizers())
    CRESSET_CHECK(
        check_same(group, base::sha256(base::dump(base::Json(step->pieces->vocabulary()))),
                   step->field() + " changed while it was read: the workers found different "
                                   "vocabularies"));
  return {};
}

}  // namespace cresset::train
