#pragma once
// How weights follow their gradients: what every method has in common. Its state is plain named
// tensors, a few for each parameter and the count of steps, so that a checkpoint is safetensors
// like the weights and a restored run has the same bits. What a method computes is PyTorch 2.11's
// (`torch.optim`), by libtorch's fused kernels where it has one. Belongs to the
// training loop; the parameters and their gradients are views of the network's.
//
//   CRESSET_TRY(optimizer, make_optimizer(spec.optimizer, network.names(), network.parameters()));
//   loss.backward();  optimizer->step(0.001);

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"

namespace cresset::train {

class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // Parameter i is to be learnt at scales[i] times the rate that step() is given: what PyTorch
  // calls a group of parameters is those with one scale. All are 1 at first.
  void scale_rates(const std::vector<double>& scales);

  // Moves the parameters by their gradients.
  void step(double learning_rate);

  // "steps", then "NAME.SLOT" for each parameter and each of the method's slots ("weight.mean").
  const std::vector<std::string>& slots() const { return slots_; }
  std::vector<std::string> state_names() const;
  std::vector<at::Tensor> state() const;

 protected:
  using Tensors = std::vector<at::Tensor>;

  // `slots`: what the method keeps for each parameter, zero at first.
  Optimizer(std::vector<std::string> names, Tensors parameters, std::vector<std::string> slots);

  // Parameters that are learnt at one rate.
  struct Group {
    double scale = 1;
    Tensors parameters;
    std::vector<Tensors> slots;  // of each of the method's slots, one for each parameter
    Tensors steps;               // the count, for each parameter, as the fused kernels want it
  };
  // The arithmetic; steps() counts this one.
  virtual void move(const Group& group, const Tensors& gradients, double learning_rate) = 0;

  double steps() const { return steps_.item<double>(); }

 private:
  std::vector<std::string> names_;
  Tensors parameters_;
  std::vector<std::string> slots_;
  std::vector<Tensors> state_;
  at::Tensor steps_;             // on the CPU, where it is asked for
  at::Tensor steps_of_kernels_;  // the same number beside the parameters; on the CPU steps_ itself
  std::vector<Group> groups_;
};

// The method that `spec.name` names; names and parameters in the network's order.
base::Result<std::unique_ptr<Optimizer>> make_optimizer(const worker_contract::OptimizerSpec& spec,
                                                        std::vector<std::string> names,
                                                        std::vector<at::Tensor> parameters);

}  // namespace cresset::train
