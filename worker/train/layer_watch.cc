#include "worker/train/layer_watch.h"

#include <ATen/core/grad_mode.h>

namespace cresset::train {

namespace {

thread_local LayerWatch* watching = nullptr;

bool is_finite(const at::Tensor& tensor) {
  return !tensor.defined() || !tensor.is_floating_point() ||
         at::isfinite(tensor).all().item<bool>();
}

std::string name_of(const at::RecordFunction& operation) {
  const std::string name = operation.name();
  const size_t space = name.rfind(':');
  return space == std::string::npos ? name : name.substr(space + 1);
}

// Whose output holds whatever lay there before.
bool only_makes_room(const at::RecordFunction& operation) {
  const std::string name = name_of(operation);
  return name.starts_with("empty") || name.starts_with("new_empty") || name.starts_with("resize");
}

}  // namespace

std::string layer_of(const std::string& parameter) {
  const size_t dot = parameter.rfind('.');
  return dot == std::string::npos ? parameter : parameter.substr(0, dot);
}

LayerWatch::LayerWatch(const model::Network& network) {
  const auto names = network.state_names();
  const auto tensors = network.state();
  for (size_t i = 0; i < names.size(); ++i)
    layers_[tensors[i].unsafeGetTensorImpl()] = layer_of(names[i]);
  watching = this;
  callback_ = at::addThreadLocalCallback(at::RecordFunctionCallback(on_start, on_end)
                                             .needsInputs(true)
                                             .needsOutputs(true)
                                             .scopes({at::RecordScope::FUNCTION}));
}

LayerWatch::~LayerWatch() {
  at::removeCallback(callback_);
  watching = nullptr;
}

void LayerWatch::begin_pass() {
  layer_.clear();
  order_ = 0;
  found_.reset();
}

std::unique_ptr<at::ObserverContext> LayerWatch::on_start(const at::RecordFunction& operation) {
  watching->started(operation);
  return nullptr;
}

void LayerWatch::on_end(const at::RecordFunction& operation, at::ObserverContext*) {
  watching->ended(operation);
}

void LayerWatch::started(const at::RecordFunction& operation) {
  if (depth_++ > 0) return;
  own_ = false;
  for (const auto& input : operation.inputs()) {
    if (!input.isTensor()) continue;
    const auto known = layers_.find(input.toTensor().unsafeGetTensorImpl());
    if (known == layers_.end()) continue;
    layer_ = known->second;
    own_ = true;
  }
}

void LayerWatch::ended(const at::RecordFunction& operation) {
  if (--depth_ > 0) return;
  ++order_;
  if (found_ || only_makes_room(operation)) return;
  const at::RecordFunctionGuard unheard(/*is_enabled=*/false);
  const at::NoGradGuard no_grad;
  for (const auto& output : operation.outputs()) {
    if (!output.isTensor() || is_finite(output.toTensor())) continue;
    const std::string place = own_ ? "the output of layer \"" + layer_ + "\""
                              : layer_.empty()
                                  ? "what \"" + name_of(operation) + "\" makes of the features"
                                  : "\"" + name_of(operation) + "\" after layer \"" + layer_ + "\"";
    found_ = Found{order_, place + " is not finite", output.toTensor().detach()};
    return;
  }
}

}  // namespace cresset::train
