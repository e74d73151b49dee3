#pragma once
// What the networks of sequences share: the shapes of samples that they take, tokens (whole numbers
// below the size of the vocabulary, as floats or as int64), norms and attention. Functions; any
// thread.

#include <torch/nn/modules/normalization.h>

#include <cstdint>
#include <string>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"
#include "worker/model/networks/builder.h"

namespace cresset::model::networks {

// [rows, length] of any type, rounded, as int64.
at::Tensor tokens_of(const at::Tensor& samples);
// An error names the first row and place whose token is none of the vocabulary's.
base::Result<void> check_tokens(const at::Tensor& samples, int64_t vocabulary);

// An error names the first row that has no other token than `padding`.
base::Result<void> check_padding(const at::Tensor& samples, int64_t padding);

// The places that positions are learnt for: maxLength, or the length of the samples. An error when
// the samples are longer, or when their shape is not [length] (of tokens) or [length, features].
base::Result<int64_t> check_sequence(const worker_contract::ModelSpec& spec, const Task& task);

// Over the last axis.
torch::nn::LayerNorm norm_of(int64_t width);

// Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762) with several heads:
// [rows, length, 3 × width], queries, keys and values side by side → [rows, length, width].
// Causal: each place looks at those up to it. `seen` [rows, length], flags, are the places that are
// looked at; undefined: all.
at::Tensor attend(const at::Tensor& joined, int64_t heads, double dropout, bool causal,
                  const at::Tensor& seen = {});

}  // namespace cresset::model::networks
