#pragma once
// LayerWatch: which operation of a network's forward pass was the first whose result is not finite,
// and whose layer it is. It hears of each operation of its thread from torch (the seam of torch's
// profiler), looks at every result and so takes its time: for passes that are made once more to
// find out. One a thread at a time, which uses it for as long as it lives.
//
//   LayerWatch watch(network);
//   watch.begin_pass();  const auto logits = network.forward(samples);
//   if (const auto& found = watch.found()) … found->where …

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "worker/model/network.h"

namespace cresset::train {

class LayerWatch {
 public:
  explicit LayerWatch(const model::Network& network);
  ~LayerWatch();
  LayerWatch(const LayerWatch&) = delete;
  LayerWatch& operator=(const LayerWatch&) = delete;

  struct Found {
    int64_t order = 0;  // of the operation in its pass, the same on every rank
    // "the output of layer \"encoder.layers.0.linear1\" is not finite", "relu after layer \"0\" …"
    std::string where;
    at::Tensor result;
  };
  void begin_pass();
  // Of this pass.
  const std::optional<Found>& found() const { return found_; }

 private:
  static std::unique_ptr<at::ObserverContext> on_start(const at::RecordFunction& operation);
  static void on_end(const at::RecordFunction& operation, at::ObserverContext* context);
  void started(const at::RecordFunction& operation);
  void ended(const at::RecordFunction& operation);

  std::unordered_map<const c10::TensorImpl*, std::string> layers_;  // of weights and statistics
  at::CallbackHandle callback_;
  int depth_ = 0;  // operations are made of others
  bool own_ = false;
  std::string layer_;  // the newest that was asked
  int64_t order_ = 0;
  std::optional<Found> found_;
};

// Of "encoder.layers.0.linear1.weight": "encoder.layers.0.linear1".
std::string layer_of(const std::string& parameter);

}  // namespace cresset::train
