#pragma once
// The exponential moving average of a network's weights, which usually generalizes better than the
// weights of the last step: average = decay × average + (1 - decay) × weights after each step, the
// first step's weights to begin with, as PyTorch's AveragedModel with get_ema_multi_avg_fn(decay)
// and use_buffers=False: what is averaged is what is learnt, and the running statistics of batch
// norm stay the network's. Belongs to the training loop, as do the parameters.
//
//   average.update();  { const WeightAverage::InUse averaged(average); evaluate(...); }

#include <ATen/ATen.h>

#include <string>
#include <vector>

#include "worker/train/named_tensors.h"

namespace cresset::train {

class WeightAverage {
 public:
  WeightAverage(double decay, std::vector<std::string> names, std::vector<at::Tensor> parameters);

  // After each step.
  void update();
  // The network's weights become the average, for good.
  void adopt();
  // "NAME.average" for each parameter and "averaging.updates".
  NamedTensors state() const;

  // While it lives, the network has the average for its weights.
  class InUse {
   public:
    explicit InUse(WeightAverage& average);
    ~InUse();
    InUse(const InUse&) = delete;
    InUse& operator=(const InUse&) = delete;

   private:
    WeightAverage& average_;
    std::vector<at::Tensor> weights_;
  };

 private:
  double decay_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> averages_;
  at::Tensor updates_;
};

}  // namespace cresset::train
