#include "crds/worker_contract/optimizers.h"

#include <algorithm>
#include <array>

namespace cresset::worker_contract {

using base::Json;
using base::Reader;

namespace {

void read_common(Reader& reader, OptimizerSpec& optimizer) {
  if (auto value = reader.number("learningRate", {0, 1000, true})) optimizer.learning_rate = *value;
  if (auto value = reader.number("weightDecay", {0, 1000})) optimizer.weight_decay = *value;
}

Json write_common(const OptimizerSpec& optimizer) {
  return {{"name", optimizer.name},
          {"learningRate", optimizer.learning_rate},
          {"weightDecay", optimizer.weight_decay}};
}

void read_epsilon(Reader& reader, OptimizerSpec& optimizer) {
  if (auto value = reader.number("epsilon", {0, 1, true})) optimizer.epsilon = *value;
}

void read_sgd(Reader& reader, OptimizerSpec& optimizer) {
  optimizer.weight_decay = 0;
  read_common(reader, optimizer);
  if (auto value = reader.number("momentum", {0, 0.999999})) optimizer.momentum = *value;
  if (auto value = reader.number("dampening", {0, 1})) optimizer.dampening = *value;
  if (auto value = reader.flag("nesterov")) optimizer.nesterov = *value;
  if (optimizer.dampening > 0 && optimizer.momentum == 0)
    reader.add_error(
        base::invalid(reader.path_of("dampening") + " needs a momentum above 0, found momentum 0"));
  if (optimizer.nesterov && (optimizer.momentum == 0 || optimizer.dampening != 0))
    reader.add_error(base::invalid(reader.path_of("nesterov") +
                                   " needs a momentum above 0 and no dampening, "
                                   "found momentum " +
                                   Json(optimizer.momentum).dump() + " and dampening " +
                                   Json(optimizer.dampening).dump()));
}

Json write_sgd(const OptimizerSpec& optimizer) {
  Json json = write_common(optimizer);
  json.update(Json{{"momentum", optimizer.momentum},
                   {"dampening", optimizer.dampening},
                   {"nesterov", optimizer.nesterov}});
  return json;
}

// What Adam and those that come of it share; the caller sets the defaults.
void read_moments(Reader& reader, OptimizerSpec& optimizer) {
  read_common(reader, optimizer);
  if (auto value = reader.number("beta1", {0, 0.999999})) optimizer.beta1 = *value;
  if (auto value = reader.number("beta2", {0, 0.999999})) optimizer.beta2 = *value;
  read_epsilon(reader, optimizer);
}

Json write_moments(const OptimizerSpec& optimizer) {
  Json json = write_common(optimizer);
  json.update(
      Json{{"beta1", optimizer.beta1}, {"beta2", optimizer.beta2}, {"epsilon", optimizer.epsilon}});
  return json;
}

void read_adam(Reader& reader, OptimizerSpec& optimizer) {
  optimizer.weight_decay = 0;
  read_moments(reader, optimizer);
}

// The small constant is that of its authors' code, as in apex and timm.
void read_lamb(Reader& reader, OptimizerSpec& optimizer) {
  optimizer.epsilon = 1e-6;
  read_moments(reader, optimizer);
}

void read_adagrad(Reader& reader, OptimizerSpec& optimizer) {
  optimizer.learning_rate = 0.01;
  optimizer.weight_decay = 0;
  optimizer.epsilon = 1e-10;
  read_common(reader, optimizer);
  read_epsilon(reader, optimizer);
}

Json write_adagrad(const OptimizerSpec& optimizer) {
  Json json = write_common(optimizer);
  json["epsilon"] = optimizer.epsilon;
  return json;
}

constexpr std::array kMethods{OptimizerMethod{"sgd", read_sgd, write_sgd},
                              OptimizerMethod{"adam", read_adam, write_moments},
                              OptimizerMethod{"adamw", read_moments, write_moments},
                              OptimizerMethod{"adagrad", read_adagrad, write_adagrad},
                              OptimizerMethod{"lamb", read_lamb, write_moments}};

}  // namespace

std::span<const OptimizerMethod> optimizer_methods() { return kMethods; }

std::vector<std::string_view> optimizer_names() {
  std::vector<std::string_view> names;
  for (const auto& method : kMethods) names.push_back(method.name);
  return names;
}

const OptimizerMethod* find_optimizer_method(std::string_view name) {
  const auto found = std::find_if(kMethods.begin(), kMethods.end(),
                                  [name](const auto& known) { return known.name == name; });
  return found == kMethods.end() ? nullptr : &*found;
}

}  // namespace cresset::worker_contract
