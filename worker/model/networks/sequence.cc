#include "worker/model/networks/sequence.h"

#include <ATen/ATen.h>

#include "worker/model/networks/limits.h"

namespace cresset::model::networks {

using base::Result;
using worker_contract::ModelSpec;

torch::nn::LayerNorm norm_of(int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}));
}

at::Tensor tokens_of(const at::Tensor& samples) {
  return samples.is_floating_point() ? samples.round().to(at::kLong) : samples.to(at::kLong);
}

Result<void> check_tokens(const at::Tensor& samples, int64_t vocabulary) {
  const auto tokens = samples.is_floating_point() ? samples.round() : samples;
  // What is no number is not at least 0 either.
  const auto bad = tokens.ge(0).logical_and(tokens.lt(vocabulary)).logical_not();
  if (!bad.any().item<bool>()) return {};
  const auto place = bad.nonzero()[0];
  const auto row = place[0].item<int64_t>(), at = place[1].item<int64_t>();
  return base::fail(base::invalid(
      "row " + std::to_string(row) + " has the token " +
      std::to_string(samples[row][at].item<double>()) + " at place " + std::to_string(at) +
      "; allowed are 0 to " + std::to_string(vocabulary - 1) +
      " (spec.training.model.parameters.vocabularySize is " + std::to_string(vocabulary) + ")"));
}

Result<void> check_padding(const at::Tensor& samples, int64_t padding) {
  const auto empty = tokens_of(samples).eq(padding).all(1);
  if (!empty.any().item<bool>()) return {};
  return base::fail(base::invalid("row " + std::to_string(empty.nonzero()[0].item<int64_t>()) +
                                  " has no other token than the padding, which is " +
                                  std::to_string(padding)));
}

Result<int64_t> check_sequence(const ModelSpec& spec, const Task& task) {
  const auto& shape = task.sample_shape;
  const bool tokens = spec.vocabulary_size > 0;
  if (shape.size() != (tokens ? 1U : 2U))
    return base::fail(wrong_shape(
        spec.architecture, tokens ? "[length], tokens" : "[length, features]", shape,
        tokens ? "with spec.training.model.parameters.vocabularySize each value is a token"
               : "reshape to it in spec.training.preprocess, or, if the values are tokens, set "
                 "spec.training.model.parameters.vocabularySize"));
  if (spec.max_length > 0 && shape[0] > spec.max_length)
    return base::fail(base::invalid("spec.training.model.parameters.maxLength is " +
                                    std::to_string(spec.max_length) +
                                    ", but samples have the length " + std::to_string(shape[0]) +
                                    "; it must be at least that"));
  return spec.max_length > 0 ? spec.max_length : shape[0];
}

at::Tensor attend(const at::Tensor& joined, int64_t heads, double dropout, bool causal,
                  const at::Tensor& seen) {
  const int64_t rows = joined.size(0), length = joined.size(1), width = joined.size(2) / 3;
  // Split, not unbound: so the gradients of the three are put together by one copy.
  auto parts = joined.split(width, 2);
  for (auto& part : parts) part = part.view({rows, length, heads, width / heads}).transpose(1, 2);
  std::optional<at::Tensor> mask;
  if (seen.defined()) mask = seen.view({rows, 1, 1, length});
  return at::scaled_dot_product_attention(parts[0], parts[1], parts[2], mask, dropout, causal)
      .transpose(1, 2)
      .reshape({rows, length, width});
}

}  // namespace cresset::model::networks
