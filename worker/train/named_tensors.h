#pragma once
// Tensors with the names under which a checkpoint holds them: how the parts of a training run hand
// over their state, and get it back in place. A value of views.

#include <ATen/ATen.h>

#include <string>
#include <vector>

namespace cresset::train {

struct NamedTensors {
  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;

  void add(std::string name, at::Tensor tensor) {
    names.push_back(std::move(name));
    tensors.push_back(std::move(tensor));
  }
  void add(const NamedTensors& others) {
    for (size_t i = 0; i < others.names.size(); ++i) add(others.names[i], others.tensors[i]);
  }
};

}  // namespace cresset::train
