// transformer: an encoder (Vaswani et al. 2017, arXiv:1706.03762) of sequences of tokens or of
// vectors, with learnt positions, the norms before the sublayers (Xiong et al. 2020,
// arXiv:2002.04745) and GELU; its places' mean, or its first place, is classified; places with the
// token of padding are not looked at, and not in the mean. Its layers have
// the names and the initialisation of torch.nn.TransformerEncoder(norm_first=True).
#include <ATen/ATen.h>
#include <torch/nn/init.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>

#include "worker/model/networks/builder.h"
#include "worker/model/networks/limits.h"
#include "worker/model/networks/sequence.h"

namespace cresset::model::networks {

using base::Result;
using worker_contract::ModelSpec;
namespace nn = torch::nn;

namespace {

constexpr double kEmbeddingDeviation = 0.02;

// As nn.MultiheadAttention.
struct SelfAttention : nn::Module {
  SelfAttention(int64_t width, int64_t heads, double dropout) : heads(heads), dropout(dropout) {
    in_proj_weight = register_parameter("in_proj_weight", at::empty({3 * width, width}));
    in_proj_bias = register_parameter("in_proj_bias", at::empty({3 * width}));
    out_proj = register_module("out_proj", nn::Linear(width, width));
    nn::init::xavier_uniform_(in_proj_weight);
    nn::init::zeros_(in_proj_bias);
    nn::init::zeros_(out_proj->bias);
  }
  at::Tensor forward(const at::Tensor& x, const at::Tensor& seen) {
    const auto joined = at::linear(x, in_proj_weight, in_proj_bias);
    return out_proj->forward(attend(joined, heads, is_training() ? dropout : 0, false, seen));
  }
  int64_t heads;
  double dropout;
  at::Tensor in_proj_weight, in_proj_bias;
  nn::Linear out_proj{nullptr};
};

struct EncoderLayer : nn::Module {
  explicit EncoderLayer(const ModelSpec& spec) : dropout(spec.dropout) {
    self_attn = register_module(
        "self_attn", std::make_shared<SelfAttention>(spec.width, spec.heads, spec.dropout));
    linear1 = register_module("linear1", nn::Linear(spec.width, spec.feed_forward));
    linear2 = register_module("linear2", nn::Linear(spec.feed_forward, spec.width));
    norm1 = register_module("norm1", norm_of(spec.width));
    norm2 = register_module("norm2", norm_of(spec.width));
  }
  at::Tensor forward(const at::Tensor& x, const at::Tensor& seen) {
    const auto drop = [this](const at::Tensor& y) {
      return at::dropout(y, dropout, is_training());
    };
    const auto y = x + drop(self_attn->forward(norm1->forward(x), seen));
    const auto inner = drop(at::gelu(linear1->forward(norm2->forward(y))));
    return y + drop(linear2->forward(inner));
  }
  double dropout;
  std::shared_ptr<SelfAttention> self_attn;
  nn::Linear linear1{nullptr}, linear2{nullptr};
  nn::LayerNorm norm1{nullptr}, norm2{nullptr};
};

struct Encoder : nn::Module {
  explicit Encoder(const ModelSpec& spec) {
    nn::ModuleList list;
    for (int64_t i = 0; i < spec.layers; ++i) {
      layers.push_back(std::make_shared<EncoderLayer>(spec));
      list->push_back(layers.back());
    }
    register_module("layers", list);
    norm = register_module("norm", norm_of(spec.width));
  }
  at::Tensor forward(at::Tensor x, const at::Tensor& seen) {
    for (auto& layer : layers) x = layer->forward(x, seen);
    return norm->forward(x);
  }
  std::vector<std::shared_ptr<EncoderLayer>> layers;
  nn::LayerNorm norm{nullptr};
};

struct Transformer : nn::Module {
  Transformer(const ModelSpec& spec, int64_t features, int64_t places, int64_t classes)
      : dropout(spec.dropout), first(spec.pooling == "First"), padding(spec.padding_token) {
    if (spec.vocabulary_size > 0) {
      tokens = register_module("embed", nn::Embedding(spec.vocabulary_size, spec.width));
      nn::init::normal_(tokens->weight, 0, kEmbeddingDeviation);
    } else {
      vectors = register_module("embed", nn::Linear(features, spec.width));
    }
    position = register_module("position", nn::Embedding(places, spec.width));
    nn::init::normal_(position->weight, 0, kEmbeddingDeviation);
    encoder = register_module("encoder", std::make_shared<Encoder>(spec));
    head = register_module("head", nn::Linear(spec.width, classes));
  }
  at::Tensor forward(const at::Tensor& samples) {
    const auto ids = tokens ? tokens_of(samples) : at::Tensor();
    auto x = tokens ? tokens->forward(ids) : vectors->forward(samples);
    x = x + position->weight.narrow(0, 0, x.size(1));
    const auto seen = padding ? ids.ne(*padding) : at::Tensor();
    x = encoder->forward(at::dropout(x, dropout, is_training()), seen);
    return head->forward(first ? x.select(1, 0) : mean(x, seen));
  }
  // Of the places that are seen.
  static at::Tensor mean(const at::Tensor& x, const at::Tensor& seen) {
    if (!seen.defined()) return x.mean(1);
    const auto weights = seen.unsqueeze(2).to(x.scalar_type());
    return (x * weights).sum(1) / weights.sum(1);
  }
  double dropout;
  bool first;
  std::optional<int64_t> padding;  // a token
  nn::Embedding tokens{nullptr}, position{nullptr};
  nn::Linear vectors{nullptr}, head{nullptr};
  std::shared_ptr<Encoder> encoder;
};

double parameters_of(const ModelSpec& spec, int64_t features, int64_t places, int64_t classes) {
  const auto width = static_cast<double>(spec.width),
             inner = static_cast<double>(spec.feed_forward);
  const double layer = 4 * (width + 1) * width + 2 * width * inner + inner + width + 4 * width;
  const double embed = spec.vocabulary_size > 0 ? static_cast<double>(spec.vocabulary_size) * width
                                                : (static_cast<double>(features) + 1) * width;
  return embed + static_cast<double>(places) * width + static_cast<double>(spec.layers) * layer +
         2 * width + (width + 1) * static_cast<double>(classes);
}

}  // namespace

Result<Layers> build_transformer(const ModelSpec& spec, const Task& task) {
  CRESSET_TRY(places, check_sequence(spec, task));
  const int64_t features = spec.vocabulary_size > 0 ? 0 : task.sample_shape[1];
  CRESSET_CHECK(check_size("transformer", parameters_of(spec, features, places, task.classes)));
  auto module = std::make_shared<Transformer>(spec, features, places, task.classes);
  Layers layers{.module = module,
                .forward = [module](const at::Tensor& x) { return module->forward(x); },
                .head = "head",
                .check = {}};
  if (const int64_t size = spec.vocabulary_size; size > 0)
    layers.check = [size, padding = spec.padding_token](const at::Tensor& samples) -> Result<void> {
      CRESSET_CHECK(check_tokens(samples, size));
      return padding ? check_padding(samples, *padding) : Result<void>();
    };
  return layers;
}

}  // namespace cresset::model::networks
