#pragma once
// Tensors with the names under which a checkpoint holds them: how the parts of a training run hand
// over their state, and get it back in place. A value of views. Every rank has the same names; of a
// tensor that another rank owns there is the shape alone (on the meta device).

#include <ATen/ATen.h>

#include <string>
#include <vector>

namespace cresset::train {

struct NamedTensors {
  static constexpr int kEveryones = -1;  // the same on every rank

  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;
  std::vector<int> owners;  // ranks, or kEveryones

  void add(std::string name, at::Tensor tensor, int owner = kEveryones) {
    names.push_back(std::move(name));
    tensors.push_back(std::move(tensor));
    owners.push_back(owner);
  }
  void add(const NamedTensors& others) {
    for (size_t i = 0; i < others.names.size(); ++i)
      add(others.names[i], others.tensors[i], others.owners[i]);
  }
};

}  // namespace cresset::train
