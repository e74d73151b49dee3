#pragma once
// What a job's network starts as: random weights from the seed, or those of another model
// (spec.training.model.uri: transfer learning), whole or but for the layer of the classes, with
// what is frozen left out of the learning. Every rank makes the same of it by itself. Functions;
// the caller owns the network.
//
//   CRESSET_TRY(started, start_network(store, spec.model, {1, 28, 28}, 10, seed));
//   started.network->forward(samples);

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/result.h"
#include "worker/model/card.h"
#include "worker/model/network.h"

namespace cresset::data {
class Store;
}

namespace cresset::model {

struct Started {
  std::unique_ptr<Network> network;
  worker_contract::ModelSpec architecture;  // without what it started from: what model.json needs
  Origin origin;
};
// Is given the architecture before a network of it is built, wherever it is told: settles what it
// leaves open, or refuses it.
using Settle = std::function<base::Result<void>(worker_contract::ModelSpec& architecture)>;
base::Result<Started> start_network(data::Store& store, const worker_contract::ModelSpec& spec,
                                    const std::vector<int64_t>& sample_shape, int64_t classes,
                                    uint64_t seed, const Settle& settle = {});

// The same network as start_network() once made of `spec`, but for the weights, which the caller
// has: `spec.uri` is not read. From what that answered, and from code() of its network.
base::Result<Started> resume_network(const worker_contract::ModelSpec& spec,
                                     const worker_contract::ModelSpec& architecture,
                                     const Origin& origin, const std::vector<int64_t>& sample_shape,
                                     int64_t classes, uint64_t seed,
                                     const std::string& script = "");

// Copies weights of other names, or of other float types, into the network. Every tensor of the
// network must be there in its shape, except those of the head: one that is missing or of another
// shape, or that is to be new, keeps the values that it has. Answers the name of that layer, or "".
// What else the file holds is not looked at. Errors name the tensor, what was found and wanted.
base::Result<std::string> take_weights(Network& network, const worker_contract::ModelSpec& spec,
                                       std::string_view bytes);

// From now on parameters() lacks what a glob matches. An error when one matches nothing, when one
// matches the new head, or when nothing is left to learn.
base::Result<void> freeze(Network& network, const std::vector<std::string>& globs,
                          const std::string& new_head);

}  // namespace cresset::model
