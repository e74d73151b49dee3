// mlp: fully connected layers with ReLU between them.
#include <ATen/ATen.h>
#include <torch/nn/modules/linear.h>

#include "worker/model/networks/builder.h"
#include "worker/model/networks/chain.h"
#include "worker/model/networks/limits.h"

namespace cresset::model::networks {

namespace nn = torch::nn;

base::Result<Layers> build_mlp(const worker_contract::ModelSpec& spec, const Task& task) {
  double values = 1, parameters = 0;
  for (int64_t size : task.sample_shape) values *= static_cast<double>(size);
  double last = values;
  for (int64_t hidden : spec.hidden) {
    parameters += (last + 1) * static_cast<double>(hidden);
    last = static_cast<double>(hidden);
  }
  parameters += (last + 1) * static_cast<double>(task.classes);
  CRESSET_CHECK(check_size("mlp", parameters));
  nn::Sequential layers;
  auto width = static_cast<int64_t>(values);
  if (task.sample_shape.size() > 1) layers->push_back(nn::Flatten());
  for (int64_t hidden : spec.hidden) {
    add_hidden(layers, width, hidden, spec.dropout);
    width = hidden;
  }
  layers->push_back(nn::Linear(width, task.classes));
  return chain(std::move(layers));
}

}  // namespace cresset::model::networks
