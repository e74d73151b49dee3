#include "worker/model/answers.h"

#include <ATen/ATen.h>

#include <cstring>

#include "crds/worker_contract/goal_spec.h"

namespace cresset::model {

namespace {

HostTensor host_tensor(const TensorInfo& info, const at::Tensor& values) {
  HostTensor tensor{info.name, info.datatype, values.sizes().vec(), {}};
  tensor.bytes.resize(values.nbytes());
  std::memcpy(tensor.bytes.data(), values.const_data_ptr(), tensor.bytes.size());
  return tensor;
}

// In double, since a label may be far from zero for its deviation.
at::Tensor in_units(const at::Tensor& outputs, const std::vector<Target>& targets) {
  auto values = outputs.to(at::kDouble).contiguous();
  auto* value = values.mutable_data_ptr<double>();
  for (int64_t row = 0; row < values.size(0); ++row)
    for (const auto& target : targets) {
      *value = target.mean + target.deviation * *value;
      ++value;
    }
  return values.to(at::kFloat);
}

// By the classes' own numbers, or their places where they are texts.
at::Tensor labels(const at::Tensor& logits, const data::Classes& classes) {
  auto codes = at::argmax(logits, 1).contiguous();
  auto* code = codes.mutable_data_ptr<int64_t>();
  if (classes.integers)
    for (int64_t row = 0; row < codes.size(0); ++row)
      code[row] = classes.numbers[static_cast<size_t>(code[row])];
  return codes;
}

}  // namespace

std::vector<HostTensor> answers(const ModelCard& card, const std::vector<TensorInfo>& infos,
                                const at::Tensor& outputs) {
  if (card.goal == worker_contract::kRegression)
    return {host_tensor(infos[0], in_units(outputs, card.targets))};
  if (card.goal == worker_contract::kMultiLabel)
    return {host_tensor(infos[0], at::sigmoid(outputs).contiguous())};
  return {host_tensor(infos[0], at::softmax(outputs, 1).contiguous()),
          host_tensor(infos[1], labels(outputs, card.classes))};
}

}  // namespace cresset::model
