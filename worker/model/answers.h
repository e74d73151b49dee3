#pragma once
// What a model of the format "builtin" says of rows, by the goal that it learnt for: the network's
// numbers as the tensors that its signature names. A function; any thread.

#include <vector>

#include "worker/model/card.h"

namespace at {
class Tensor;
}

namespace cresset::model {

// `outputs` are [rows, card.outputs()], in the order of the card's classes or targets; `infos` are
// those of the card's signature.
std::vector<HostTensor> answers(const ModelCard& card, const std::vector<TensorInfo>& infos,
                                const at::Tensor& outputs);

}  // namespace cresset::model
