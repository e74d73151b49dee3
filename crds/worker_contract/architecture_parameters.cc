#include "crds/worker_contract/architecture_parameters.h"

#include <algorithm>
#include <array>

namespace cresset::worker_contract {

using base::Json;
using base::Reader;

namespace {

constexpr size_t kMaxLayers = 16;
constexpr int64_t kMaxWidth = 65536;
constexpr int64_t kMaxChannels = 4096;
constexpr int64_t kMaxKernel = 15;
constexpr int64_t kUsualWidth = 128;
constexpr int64_t kResnetWidth = 64;
constexpr size_t kMaxLayerName = 1024;
constexpr std::array<int64_t, 3> kDepths{18, 34, 50};
constexpr std::array<std::string_view, 3> kStems{"Auto", "Small", "Large"};

void read_dropout(Reader& parameters, ModelSpec& model) {
  if (auto dropout = parameters.number("dropout", {0, 0.99})) model.dropout = *dropout;
}

}  // namespace

void read_linear(Reader&, ModelSpec&) {}

Json write_linear(const ModelSpec&) { return Json::object(); }

void read_mlp(Reader& parameters, ModelSpec& model) {
  model.hidden = {kUsualWidth};
  if (auto list = parameters.integers("hidden", kMaxLayers, {1, kMaxWidth})) model.hidden = *list;
  read_dropout(parameters, model);
}

Json write_mlp(const ModelSpec& model) {
  return {{"hidden", model.hidden}, {"dropout", model.dropout}};
}

void read_cnn(Reader& parameters, ModelSpec& model) {
  model.hidden = {kUsualWidth};
  model.channels = {32, 64};
  if (auto list = parameters.integers("channels", kMaxLayers, {1, kMaxChannels}))
    model.channels = *list;
  if (auto kernel = parameters.integer("kernel", {1, kMaxKernel})) model.kernel = *kernel;
  if (auto hidden = parameters.integer("hidden", {1, kMaxWidth})) model.hidden = {*hidden};
  read_dropout(parameters, model);
}

Json write_cnn(const ModelSpec& model) {
  return {{"channels", model.channels},
          {"kernel", model.kernel},
          {"hidden", model.hidden.empty() ? kUsualWidth : model.hidden.front()},
          {"dropout", model.dropout}};
}

void read_torchscript(Reader& parameters, ModelSpec& model) {
  if (auto layer = parameters.name("headLayer", kMaxLayerName)) model.head_layer = *layer;
}

Json write_torchscript(const ModelSpec& model) {
  return model.head_layer.empty() ? Json::object() : Json{{"headLayer", model.head_layer}};
}

void read_resnet(Reader& parameters, ModelSpec& model) {
  model.width = kResnetWidth;
  if (auto depth = parameters.integer("depth")) {
    if (std::find(kDepths.begin(), kDepths.end(), *depth) == kDepths.end())
      parameters.add_error(base::invalid(parameters.path_of("depth") +
                                         " must be one of 18, 34, 50, found " +
                                         std::to_string(*depth)));
    model.depth = *depth;
  }
  if (auto width = parameters.integer("width", {1, kMaxWidth})) model.width = *width;
  if (auto stem = parameters.one_of("stem", kStems)) model.stem = *stem;
}

Json write_resnet(const ModelSpec& model) {
  return {{"depth", model.depth}, {"width", model.width}, {"stem", model.stem}};
}

}  // namespace cresset::worker_contract
