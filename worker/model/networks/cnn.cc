// cnn: convolutions, each with ReLU and a pooling that halves the image, then one hidden layer.
#include <ATen/ATen.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>

#include "worker/model/networks/builder.h"
#include "worker/model/networks/chain.h"
#include "worker/model/networks/images.h"
#include "worker/model/networks/limits.h"

namespace cresset::model::networks {

using base::Result;
using worker_contract::ModelSpec;
namespace nn = torch::nn;

namespace {

base::Error wrong_image(const Task& task, const std::string& advice) {
  return wrong_shape("cnn", "[channels, height, width]", task.sample_shape, advice);
}

int64_t hidden_of(const ModelSpec& spec) { return spec.hidden.empty() ? 128 : spec.hidden.front(); }

// The values that the convolutions leave of an image, or an error: nothing is left, or the sizes
// are absurd.
Result<int64_t> check_image(const ModelSpec& spec, const Task& task) {
  if (task.sample_shape.size() != 3)
    return base::fail(wrong_image(task, "add a reshape step to spec.training.preprocess"));
  int64_t channels = task.sample_shape[0], height = task.sample_shape[1],
          width = task.sample_shape[2];
  const auto kernel = static_cast<double>(spec.kernel * spec.kernel);
  double parameters = 0;
  for (int64_t next : spec.channels) {
    parameters += (static_cast<double>(channels) * kernel + 1) * static_cast<double>(next);
    channels = next;
    const int64_t grown = 1 - spec.kernel % 2;  // an even kernel with its padding adds one
    height = (height + grown) / 2;
    width = (width + grown) / 2;
    if (height < 1 || width < 1)
      return base::fail(wrong_image(
          task,
          "each of spec.training.model.parameters.channels halves it, and nothing is left: use "
          "fewer"));
  }
  const int64_t left = channels * height * width;
  const auto hidden = static_cast<double>(hidden_of(spec));
  parameters += (static_cast<double>(left) + 1) * hidden;
  parameters += (hidden + 1) * static_cast<double>(task.classes);
  CRESSET_CHECK(check_size("cnn", parameters));
  return left;
}

}  // namespace

Result<Layers> build_cnn(const ModelSpec& spec, const Task& task) {
  CRESSET_TRY(left, check_image(spec, task));
  nn::Sequential layers;
  int64_t channels = task.sample_shape[0];
  for (int64_t next : spec.channels) {
    layers->push_back(
        nn::Conv2d(nn::Conv2dOptions(channels, next, spec.kernel).padding(spec.kernel / 2)));
    layers->push_back(nn::ReLU());
    layers->push_back(nn::MaxPool2d(2));
    channels = next;
  }
  layers->push_back(nn::Flatten());
  add_hidden(layers, left, hidden_of(spec), spec.dropout);
  layers->push_back(nn::Linear(hidden_of(spec), task.classes));
  auto made = chain(std::move(layers));
  made.forward = [inner = std::move(made.forward)](const at::Tensor& x) {
    return inner(channels_last(x));
  };
  return made;
}

}  // namespace cresset::model::networks
