#pragma once
// The architectures, those that are built in and a module of the user's, as something that maps a
// batch of samples to logits and has named parameters. Wraps a torch module, so that only files
// that compute see torch. Not for sharing between threads while training; forward() in inference
// mode may be called from any thread.
//
//   CRESSET_TRY(network, build_network(spec.model, {1, 28, 28}, 10, seed));
//   CRESSET_CHECK(network->check(samples));
//   at::Tensor logits = network->forward(samples);   // [rows, classes]

#include <memory>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"
#include "worker/model/model_directory.h"
#include "worker/model/networks/module_failed.h"
#include "worker/model/safetensors.h"

namespace at {
class Tensor;
}
namespace c10 {
struct Device;
}

namespace cresset::model {

using networks::ModuleFailed;

class Network {
 public:
  virtual ~Network() = default;
  // [rows, …sample shape] → [rows, classes]; with a vocabulary, [rows, length, vocabulary]: logits
  // of the token after each place. Throws what torch does, and ModuleFailed when it is a module of
  // the user's that fails.
  virtual at::Tensor forward(const at::Tensor& samples) = 0;
  // 0: samples are classified.
  virtual int64_t vocabulary() const;
  // An error names the row and the value that forward() could not take (a token out of range).
  virtual base::Result<void> check(const at::Tensor& samples) const;
  // What is learnt (requires_grad), in the order in which it was made; the same for every rank.
  virtual std::vector<std::string> names() const = 0;
  virtual std::vector<at::Tensor> parameters() const = 0;
  // What no gradient moves but training does: the running statistics of batch norm. Each rank
  // counts its own rows alone; those of rank 0 are the model's, as with PyTorch's DDP: the others
  // are given them before each validation (train/evaluation.h), and it is rank 0 that writes.
  virtual std::vector<at::Tensor> buffers() const;
  // All that must be kept of a network: parameters, those that are not learnt too, and buffers.
  virtual std::vector<std::string> state_names() const;
  virtual std::vector<at::Tensor> state() const;
  // The layer that is made for the classes: its parameters are named HEAD.…; "": there is none.
  virtual std::string head() const;
  // What must be kept beside the state to build it again; "": its spec alone.
  virtual std::string code() const;
  // Parameters and buffers, which are the same tensors then as before: with their values on the
  // device, where forward() takes samples from now on.
  virtual void move_to(const c10::Device& device) = 0;
  // Dropout is on in training only, and batch norm looks at the batch in training only: one whose
  // weight and bias are not learnt goes by its running statistics, and leaves them, in training
  // too.
  virtual void set_training(bool training) = 0;
};

// Weights are initialised as PyTorch does, from `seed` alone; those of a module of the user's,
// whose file or code() is `script`, are what it says, but for the layer of the classes. Errors name
// the field of the spec.
base::Result<std::unique_ptr<Network>> build_network(const worker_contract::ModelSpec& spec,
                                                     const std::vector<int64_t>& sample_shape,
                                                     int64_t classes, uint64_t seed,
                                                     const std::string& script = "");

// The state as safetensors and back. Loading wants exactly the network's names, types and shapes.
std::string save_weights(const Network& network);
// All that a directory must have of it: its weights, and its code where there is some.
Files files_of(const Network& network);
base::Result<void> load_weights(Network& network, std::string_view bytes);

}  // namespace cresset::model
