// gpt: a decoder that gives each place the logits of the token after it (Radford et al. 2019,
// "Language Models are Unsupervised Multitask Learners"), by the names, shapes and initialisation
// of GPT-2's published weights: projections lie as [inputs, outputs], and the last layer is the
// embedding of tokens once more.
#include <ATen/ATen.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>

#include <cmath>

#include "worker/model/networks/builder.h"
#include "worker/model/networks/limits.h"
#include "worker/model/networks/sequence.h"

namespace cresset::model::networks {

using base::Result;
using worker_contract::ModelSpec;
namespace nn = torch::nn;

namespace {

constexpr double kDeviation = 0.02;

nn::Embedding embedding(int64_t entries, int64_t width) {
  return nn::Embedding(nn::EmbeddingOptions(entries, width)
                           ._weight(at::empty({entries, width}).normal_(0, kDeviation)));
}

// GPT-2's Conv1D: a linear layer whose weight lies the other way around.
struct Projection : nn::Module {
  Projection(int64_t inputs, int64_t outputs, double deviation)
      : weight(register_parameter("weight", at::empty({inputs, outputs}).normal_(0, deviation))),
        bias(register_parameter("bias", at::zeros({outputs}))) {}
  at::Tensor forward(const at::Tensor& x) { return at::linear(x, weight.t(), bias); }
  at::Tensor weight, bias;
};

struct Attention : nn::Module {
  Attention(const ModelSpec& spec, double last) : heads(spec.heads), dropout(spec.dropout) {
    c_attn = register_module("c_attn",
                             std::make_shared<Projection>(spec.width, 3 * spec.width, kDeviation));
    c_proj = register_module("c_proj", std::make_shared<Projection>(spec.width, spec.width, last));
  }
  at::Tensor forward(const at::Tensor& x) {
    const double drop = is_training() ? dropout : 0;
    return c_proj->forward(attend(c_attn->forward(x), heads, drop, true));
  }
  int64_t heads;
  double dropout;
  std::shared_ptr<Projection> c_attn, c_proj;
};

struct Mlp : nn::Module {
  Mlp(const ModelSpec& spec, double last) {
    c_fc = register_module("c_fc",
                           std::make_shared<Projection>(spec.width, spec.feed_forward, kDeviation));
    c_proj = register_module("c_proj",
                             std::make_shared<Projection>(spec.feed_forward, spec.width, last));
  }
  at::Tensor forward(const at::Tensor& x) {
    return c_proj->forward(at::gelu(c_fc->forward(x), "tanh"));
  }
  std::shared_ptr<Projection> c_fc, c_proj;
};

struct DecoderBlock : nn::Module {
  explicit DecoderBlock(const ModelSpec& spec) : dropout(spec.dropout) {
    // What is added up over the layers starts smaller, the more of them there are.
    const double last = kDeviation / std::sqrt(2.0 * static_cast<double>(spec.layers));
    ln_1 = register_module("ln_1", norm_of(spec.width));
    attn = register_module("attn", std::make_shared<Attention>(spec, last));
    ln_2 = register_module("ln_2", norm_of(spec.width));
    mlp = register_module("mlp", std::make_shared<Mlp>(spec, last));
  }
  at::Tensor forward(const at::Tensor& x) {
    const auto drop = [this](const at::Tensor& y) {
      return at::dropout(y, dropout, is_training());
    };
    const auto y = x + drop(attn->forward(ln_1->forward(x)));
    return y + drop(mlp->forward(ln_2->forward(y)));
  }
  double dropout;
  nn::LayerNorm ln_1{nullptr}, ln_2{nullptr};
  std::shared_ptr<Attention> attn;
  std::shared_ptr<Mlp> mlp;
};

struct Gpt : nn::Module {
  Gpt(const ModelSpec& spec, int64_t places) : dropout(spec.dropout) {
    wte = register_module("wte", embedding(spec.vocabulary_size, spec.width));
    wpe = register_module("wpe", embedding(places, spec.width));
    nn::ModuleList list;
    for (int64_t i = 0; i < spec.layers; ++i) {
      blocks.push_back(std::make_shared<DecoderBlock>(spec));
      list->push_back(blocks.back());
    }
    register_module("h", list);
    ln_f = register_module("ln_f", norm_of(spec.width));
  }
  at::Tensor forward(const at::Tensor& samples) {
    auto x = wte->forward(tokens_of(samples)) + wpe->weight.narrow(0, 0, samples.size(1));
    x = at::dropout(x, dropout, is_training());
    for (auto& block : blocks) x = block->forward(x);
    return at::linear(ln_f->forward(x), wte->weight);
  }
  double dropout;
  nn::Embedding wte{nullptr}, wpe{nullptr};
  std::vector<std::shared_ptr<DecoderBlock>> blocks;
  nn::LayerNorm ln_f{nullptr};
};

double parameters_of(const ModelSpec& spec, int64_t places) {
  const auto width = static_cast<double>(spec.width),
             inner = static_cast<double>(spec.feed_forward);
  const double layer = 4 * (width + 1) * width + 2 * width * inner + inner + width + 4 * width;
  return static_cast<double>(spec.vocabulary_size + places) * width +
         static_cast<double>(spec.layers) * layer + 2 * width;
}

}  // namespace

Result<Layers> build_gpt(const ModelSpec& spec, const Task& task) {
  CRESSET_TRY(places, check_sequence(spec, task));
  CRESSET_CHECK(check_size("gpt", parameters_of(spec, places)));
  auto module = std::make_shared<Gpt>(spec, places);
  return Layers{.module = module,
                .forward = [module](const at::Tensor& x) { return module->forward(x); },
                .head = "",
                .vocabulary = spec.vocabulary_size,
                .check = [size = spec.vocabulary_size](
                             const at::Tensor& samples) { return check_tokens(samples, size); }};
}

}  // namespace cresset::model::networks
