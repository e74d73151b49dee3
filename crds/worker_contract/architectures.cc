#include "crds/worker_contract/architectures.h"

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

void read_dropout(Reader& parameters, ModelSpec& model) {
  if (auto dropout = parameters.number("dropout", {0, 0.99})) model.dropout = *dropout;
}

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

constexpr std::array kArchitectures{Architecture{"mlp", read_mlp, write_mlp},
                                    Architecture{"cnn", read_cnn, write_cnn}};

}  // namespace

std::span<const Architecture> architectures() { return kArchitectures; }

std::vector<std::string_view> architecture_names() {
  std::vector<std::string_view> names;
  for (const auto& architecture : kArchitectures) names.push_back(architecture.name);
  return names;
}

const Architecture* find_architecture(std::string_view name) {
  const auto found = std::find_if(kArchitectures.begin(), kArchitectures.end(),
                                  [name](const auto& known) { return known.name == name; });
  return found == kArchitectures.end() ? nullptr : &*found;
}

}  // namespace cresset::worker_contract
