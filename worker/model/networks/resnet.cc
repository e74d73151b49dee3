// resnet: deep residual networks (He et al. 2015, arXiv:1512.03385), by the names, the layers and
// the initialisation of torchvision.models.resnet, so that its weights load. The Small stem is that
// of the paper's section 4.2, for images that the Large one would leave nothing of.
#include <ATen/ATen.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <array>

#include "worker/model/networks/builder.h"
#include "worker/model/networks/images.h"
#include "worker/model/networks/limits.h"

namespace cresset::model::networks {

using base::Result;
using worker_contract::ModelSpec;
namespace nn = torch::nn;

namespace {

constexpr int64_t kSmallImage = 64;  // an Auto stem is Small below

nn::Conv2d convolution(int64_t from, int64_t to, int64_t kernel, int64_t stride) {
  return nn::Conv2d(
      nn::Conv2dOptions(from, to, kernel).stride(stride).padding(kernel / 2).bias(false));
}

// Two or three convolutions beside a way around them. The order of making is torchvision's (the way
// around first), that of the names too (the way around last).
struct Block : nn::Module {
  Block(int64_t from, int64_t width, int64_t stride, bool bottleneck) {
    const int64_t to = bottleneck ? 4 * width : width;
    nn::Sequential around;
    if (stride != 1 || from != to) {
      around->push_back(convolution(from, to, 1, stride));
      around->push_back(nn::BatchNorm2d(to));
    }
    if (bottleneck) {
      add(from, width, 1, 1);
      add(width, width, 3, stride);
      add(width, to, 1, 1);
    } else {
      add(from, width, 3, stride);
      add(width, to, 3, 1);
    }
    if (!around->is_empty()) downsample = register_module("downsample", around);
  }

  at::Tensor forward(const at::Tensor& x) {
    at::Tensor y = x;
    for (size_t i = 0; i < convolutions.size(); ++i) {
      y = norms[i]->forward(convolutions[i]->forward(y));
      if (i + 1 < convolutions.size()) y = y.relu_();
    }
    y += downsample ? downsample->forward(x) : x;
    return y.relu_();
  }

  void add(int64_t from, int64_t to, int64_t kernel, int64_t stride) {
    const std::string number = std::to_string(convolutions.size() + 1);
    convolutions.push_back(register_module("conv" + number, convolution(from, to, kernel, stride)));
    norms.push_back(register_module("bn" + number, nn::BatchNorm2d(to)));
  }

  std::vector<nn::Conv2d> convolutions;
  std::vector<nn::BatchNorm2d> norms;
  nn::Sequential downsample{nullptr};
};

struct Plan {
  std::array<int64_t, 4> blocks;
  bool bottleneck;
  bool small_stem;
  int64_t channels, width, classes;
};

struct Resnet : nn::Module {
  explicit Resnet(const Plan& plan) : small_stem(plan.small_stem) {
    conv1 = register_module("conv1", small_stem ? convolution(plan.channels, plan.width, 3, 1)
                                                : convolution(plan.channels, plan.width, 7, 2));
    bn1 = register_module("bn1", nn::BatchNorm2d(plan.width));
    int64_t from = plan.width;
    for (size_t stage = 0; stage < plan.blocks.size(); ++stage) {
      const int64_t width = plan.width << stage;
      nn::Sequential layer;
      for (int64_t i = 0; i < plan.blocks[stage]; ++i) {
        const int64_t stride = stage > 0 && i == 0 ? 2 : 1;
        layer->push_back(std::make_shared<Block>(from, width, stride, plan.bottleneck));
        from = plan.bottleneck ? 4 * width : width;
      }
      stages.push_back(register_module("layer" + std::to_string(stage + 1), layer));
    }
    fc = register_module("fc", nn::Linear(from, plan.classes));
    for (const auto& module : modules(false))
      if (auto* made = module->as<nn::Conv2d>())
        nn::init::kaiming_normal_(made->weight, 0, torch::kFanOut, torch::kReLU);
  }

  at::Tensor forward(const at::Tensor& samples) {
    at::Tensor x = bn1->forward(conv1->forward(channels_last(samples))).relu_();
    if (!small_stem) x = at::max_pool2d(x, 3, 2, 1);
    for (auto& stage : stages) x = stage->forward(x);
    return fc->forward(x.mean({2, 3}));
  }

  bool small_stem;
  nn::Conv2d conv1{nullptr};
  nn::BatchNorm2d bn1{nullptr};
  std::vector<nn::Sequential> stages;
  nn::Linear fc{nullptr};
};

double parameters_of(const Plan& plan) {
  const auto norm = [](double channels) { return 2 * channels; };
  const auto unit = [&](double from, double to, double side) {
    return from * to * side * side + norm(to);
  };
  auto from = static_cast<double>(plan.width);
  double sum = unit(static_cast<double>(plan.channels), from, plan.small_stem ? 3 : 7);
  for (size_t stage = 0; stage < plan.blocks.size(); ++stage) {
    const auto width = static_cast<double>(plan.width << stage);
    const double to = plan.bottleneck ? 4 * width : width;
    for (int64_t i = 0; i < plan.blocks[stage]; ++i) {
      if ((stage > 0 && i == 0) || from != to) sum += unit(from, to, 1);
      sum += plan.bottleneck ? unit(from, width, 1) + unit(width, width, 3) + unit(width, to, 1)
                             : unit(from, width, 3) + unit(width, to, 3);
      from = to;
    }
  }
  return sum + (from + 1) * static_cast<double>(plan.classes);
}

int64_t halved(int64_t size, int times) {
  for (int i = 0; i < times; ++i) size = (size + 1) / 2;
  return size;
}

Result<Plan> plan_of(const ModelSpec& spec, const Task& task) {
  const auto& shape = task.sample_shape;
  const auto wrong = [&](const std::string& advice) {
    return base::fail(wrong_shape("resnet", "[channels, height, width]", shape, advice));
  };
  if (shape.size() != 3) return wrong("add a reshape step to spec.training.preprocess");
  Plan plan{.blocks = {2, 2, 2, 2},
            .bottleneck = spec.depth >= 50,
            .small_stem = spec.stem == "Small" ||
                          (spec.stem == "Auto" && std::min(shape[1], shape[2]) < kSmallImage),
            .channels = shape[0],
            .width = spec.width,
            .classes = task.classes};
  if (spec.depth >= 34) plan.blocks = {3, 4, 6, 3};
  // Batch norm has nothing to compare in a batch of one row of which one place is left.
  const int halvings = plan.small_stem ? 3 : 5;
  if (halved(shape[1], halvings) * halved(shape[2], halvings) < 2)
    return wrong(
        plan.small_stem
            ? "more than 8 pixels a side are wanted"
            : "more than 32 pixels a side are wanted with spec.training.model.parameters.stem "
              "Large; Small takes fewer");
  CRESSET_CHECK(check_size("resnet", parameters_of(plan)));
  return plan;
}

}  // namespace

Result<Layers> build_resnet(const ModelSpec& spec, const Task& task) {
  CRESSET_TRY(plan, plan_of(spec, task));
  auto module = std::make_shared<Resnet>(plan);
  return Layers{.module = module,
                .forward = [module](const at::Tensor& x) { return module->forward(x); },
                .head = "fc",
                .check = {}};
}

}  // namespace cresset::model::networks
