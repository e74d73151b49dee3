#include "worker/train/text_tokens.h"

#include <ATen/ATen.h>

#include "crds/worker_contract/architectures.h"
#include "operator/base/digest.h"
#include "worker/train/training_data.h"

namespace cresset::train {

using base::Result;
using worker_contract::ModelSpec;

ModelSpec with_padding_of(const model::Preprocessing& steps, ModelSpec spec) {
  const auto vocabularies = steps.vocabularies();
  if (!vocabularies.empty() && spec.vocabulary_size > 0 && spec.architecture == "transformer" &&
      !spec.padding_token)
    spec.padding_token = vocabularies.front()->padding();
  return spec;
}

Result<void> check_vocabularies(const model::Preprocessing& steps, const ModelSpec& architecture) {
  if (architecture.architecture == worker_contract::kTorchScript) return {};
  for (const auto* pieces : steps.vocabularies()) {
    const auto size = static_cast<int64_t>(pieces->vocabulary().size());
    if (architecture.vocabulary_size == 0)
      return base::fail(
          base::invalid("spec.training.model.architecture: " + architecture.architecture +
                        " takes numbers, but " + kPreprocessField +
                        " makes tokens of texts; allowed are transformer and gpt"));
    if (architecture.vocabulary_size < size)
      return base::fail(base::invalid("spec.training.model.parameters.vocabularySize is " +
                                      std::to_string(architecture.vocabulary_size) +
                                      ", but the vocabulary in " + kPreprocessField + " has " +
                                      std::to_string(size) + " tokens; it must be at least that"));
  }
  return {};
}

Result<void> check_same_vocabularies(const model::Preprocessing& steps, dist::ProcessGroup& group) {
  std::string own;
  for (const auto* pieces : steps.vocabularies())
    own += base::sha256(base::dump(base::Json(pieces->vocabulary())));
  return check_same(group, own,
                    std::string(kPreprocessField) +
                        " changed while it was read: the workers found different vocabularies");
}

}  // namespace cresset::train
