// linear: one layer from the values of a sample to the classes (multinomial logistic regression).
#include <ATen/ATen.h>
#include <torch/nn/modules/linear.h>

#include "worker/model/networks/builder.h"
#include "worker/model/networks/limits.h"

namespace cresset::model::networks {

namespace {

struct Linear : torch::nn::Module {
  Linear(int64_t values, int64_t classes)
      : linear(register_module("linear", torch::nn::Linear(values, classes))) {}
  torch::nn::Linear linear;
};

}  // namespace

base::Result<Layers> build_linear(const worker_contract::ModelSpec&, const Task& task) {
  double values = 1;
  for (int64_t size : task.sample_shape) values *= static_cast<double>(size);
  CRESSET_CHECK(check_size("linear", (values + 1) * static_cast<double>(task.classes)));
  auto module = std::make_shared<Linear>(static_cast<int64_t>(values), task.classes);
  return Layers{
      .module = module,
      .forward = [module](const at::Tensor& x) { return module->linear->forward(x.flatten(1)); },
      .head = "linear"};
}

}  // namespace cresset::model::networks
