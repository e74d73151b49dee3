#include "worker/model/network.h"

#include <ATen/ATen.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>

#include <map>

#include "worker/model/tensors.h"

namespace cresset::model {

using base::Result;
namespace nn = torch::nn;

namespace {

// A chain of layers. They are pushed one by one: the arguments of a constructor would be made in an
// order of the compiler's choice, and the seeded weights would differ from PyTorch's.
class SequentialNetwork : public Network {
 public:
  explicit SequentialNetwork(nn::Sequential layers) : layers_(std::move(layers)) {}

  at::Tensor forward(const at::Tensor& samples) override { return layers_->forward(samples); }
  std::vector<std::string> names() const override { return layers_->named_parameters().keys(); }
  std::vector<at::Tensor> parameters() const override { return layers_->parameters(); }
  void set_training(bool training) override { layers_->train(training); }

 private:
  nn::Sequential layers_;
};

void add_hidden(nn::Sequential& layers, int64_t inputs, int64_t outputs, double dropout) {
  layers->push_back(nn::Linear(inputs, outputs));
  layers->push_back(nn::ReLU());
  if (dropout > 0) layers->push_back(nn::Dropout(dropout));
}

Result<nn::Sequential> build_mlp(const worker_contract::ModelSpec& spec,
                                 const std::vector<int64_t>& shape, int64_t classes) {
  nn::Sequential layers;
  int64_t width = c10::multiply_integers(shape);
  if (shape.size() > 1) layers->push_back(nn::Flatten());
  for (int64_t hidden : spec.hidden) {
    add_hidden(layers, width, hidden, spec.dropout);
    width = hidden;
  }
  layers->push_back(nn::Linear(width, classes));
  return layers;
}

base::Error wrong_image(const std::vector<int64_t>& shape, const std::string& wanted) {
  std::string text;
  for (int64_t size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return base::invalid(
      "spec.training.model.architecture: cnn takes samples of shape [channels, height, "
      "width], found [" +
      text + "]; " + wanted);
}

Result<nn::Sequential> build_cnn(const worker_contract::ModelSpec& spec,
                                 const std::vector<int64_t>& shape, int64_t classes) {
  if (shape.size() != 3)
    return base::fail(wrong_image(shape, "add a reshape step to spec.training.preprocess"));
  nn::Sequential layers;
  int64_t channels = shape[0], height = shape[1], width = shape[2];
  for (int64_t next : spec.channels) {
    layers->push_back(
        nn::Conv2d(nn::Conv2dOptions(channels, next, spec.kernel).padding(spec.kernel / 2)));
    layers->push_back(nn::ReLU());
    layers->push_back(nn::MaxPool2d(2));
    channels = next;
    const int64_t grown = 1 - spec.kernel % 2;  // an even kernel with this padding adds one
    height = (height + grown) / 2;
    width = (width + grown) / 2;
    if (height < 1 || width < 1)
      return base::fail(wrong_image(shape,
                                    "each of spec.training.model.parameters.channels halves it, "
                                    "and nothing is left: use fewer"));
  }
  layers->push_back(nn::Flatten());
  add_hidden(layers, channels * height * width, spec.hidden.empty() ? 128 : spec.hidden.front(),
             spec.dropout);
  layers->push_back(nn::Linear(spec.hidden.empty() ? 128 : spec.hidden.front(), classes));
  return layers;
}

using Build = Result<nn::Sequential> (*)(const worker_contract::ModelSpec& spec,
                                         const std::vector<int64_t>& shape, int64_t classes);

// One for each of crds/worker_contract/architectures.cc.
Result<Build> builder_of(const std::string& architecture) {
  static const std::map<std::string_view, Build> kBuilders{{"cnn", build_cnn}, {"mlp", build_mlp}};
  const auto found = kBuilders.find(architecture);
  if (found != kBuilders.end()) return found->second;
  std::string names;
  for (const auto& [name, build] : kBuilders)
    names += (names.empty() ? "" : ", ") + std::string(name);
  return base::fail(base::invalid("spec.training.model.architecture: this worker builds " + names +
                                  "; found \"" + architecture + "\""));
}

}  // namespace

Result<std::unique_ptr<Network>> build_network(const worker_contract::ModelSpec& spec,
                                               const std::vector<int64_t>& sample_shape,
                                               int64_t classes, uint64_t seed) {
  at::manual_seed(seed);
  try {
    CRESSET_TRY(build, builder_of(spec.architecture));
    CRESSET_TRY(layers, build(spec, sample_shape, classes));
    return std::make_unique<SequentialNetwork>(std::move(layers));
  } catch (const std::exception& error) {
    return base::fail(base::invalid(std::string("spec.training.model: ") + error.what()));
  }
}

std::string save_weights(const Network& network) {
  return encode_tensors(network.names(), network.parameters(), {{"format", "pt"}});
}

Result<void> load_weights(Network& network, std::string_view bytes) {
  return decode_tensors(bytes, network.names(), network.parameters());
}

}  // namespace cresset::model
