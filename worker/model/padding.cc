#include "worker/model/padding.h"

#include <ATen/ATen.h>

#include "worker/model/networks/sequence.h"

namespace cresset::model {

at::Tensor lengths_without(const at::Tensor& tokens, int64_t padding) {
  const auto places = at::arange(1, tokens.size(1) + 1, at::kLong);
  return networks::tokens_of(tokens).ne(padding).mul(places).amax(1).clamp_min(1);
}

}  // namespace cresset::model
