#include "worker/model/start.h"

#include "crds/worker_contract/architectures.h"
#include "crds/worker_contract/model_spec.h"
#include "operator/base/digest.h"
#include "worker/data/store.h"
#include "worker/model/format.h"
#include "worker/model/model_directory.h"
#include "worker/model/script_file.h"

namespace cresset::model {

using base::Result;
using worker_contract::ModelSpec;

namespace {

constexpr char kUriField[] = "spec.training.model.uri";
constexpr size_t kMaxCardBytes = size_t{64} << 20;

struct Weights {
  ModelSpec architecture;
  std::string bytes;  // safetensors
  std::string digest;
  std::string script;  // of the architecture torchscript
};

Result<ModelSpec> architecture_of(Directory& directory, const std::string& uri) {
  CRESSET_TRY(text, take_file(directory, kModelFile, uri));
  CRESSET_TRY(json, base::parse_json(text, {.max_bytes = kMaxCardBytes, .max_depth = 16}));
  const std::string format = base::text_at(json, "/format", std::string(kBuiltinFormat));
  if (format != kBuiltinFormat)
    return base::fail(base::invalid(uri + ": its format is " + format + "; a network starts from " +
                                    std::string(kBuiltinFormat) + " alone"));
  CRESSET_TRY(card, decode_model_card(json));
  return card.architecture;
}

Result<Weights> read_file(data::Store& store, const ModelSpec& spec) {
  CRESSET_TRY(bytes, store.read(spec.uri, kMaxFileBytes));
  Weights weights{.architecture = spec, .digest = "sha256:" + base::sha256(bytes)};
  if (!worker_contract::names_script(spec.uri)) {
    weights.bytes = std::move(bytes);
    return weights;
  }
  auto of_script = weights_of_script(bytes);
  if (!of_script) return base::fail(of_script.error().with_context(spec.uri));
  weights.bytes = std::move(*of_script);
  if (spec.architecture == worker_contract::kTorchScript) weights.script = std::move(bytes);
  return weights;
}

Result<Weights> read_weights(data::Store& store, const ModelSpec& spec) {
  if (worker_contract::names_weights(spec.uri)) return read_file(store, spec);
  Weights weights{.architecture = spec};
  CRESSET_TRY(directory, read_directory(store, spec.uri));
  if (spec.architecture.empty()) {
    CRESSET_TRY(architecture, architecture_of(directory, spec.uri));
    weights.architecture = std::move(architecture);
  }
  CRESSET_TRY(bytes, take_file(directory, kWeightsFile, spec.uri));
  weights.bytes = std::move(bytes);
  weights.digest = directory.digest;
  if (weights.architecture.architecture != worker_contract::kTorchScript) return weights;
  CRESSET_TRY(script, take_file(directory, kNetworkFile, spec.uri));
  weights.script = std::move(script);
  return weights;
}

// The architecture alone.
ModelSpec plain(ModelSpec spec) {
  const ModelSpec none;
  spec.uri = none.uri;
  spec.freeze = none.freeze;
  spec.rename = none.rename;
  spec.head = none.head;
  spec.learning_rates = none.learning_rates;
  return spec;
}

}  // namespace

Result<Started> start_network(data::Store& store, const ModelSpec& spec,
                              const std::vector<int64_t>& sample_shape, int64_t classes,
                              uint64_t seed, const Settle& settle) {
  if (spec.uri.empty()) {
    ModelSpec architecture = plain(spec);
    if (settle) CRESSET_CHECK(settle(architecture));
    CRESSET_TRY(network, build_network(architecture, sample_shape, classes, seed));
    return Started{std::move(network), std::move(architecture), {}};
  }
  auto weights = read_weights(store, spec);
  if (!weights) return base::fail(weights.error().with_context(kUriField));
  if (settle) CRESSET_CHECK(settle(weights->architecture));
  CRESSET_TRY(network,
              build_network(weights->architecture, sample_shape, classes, seed, weights->script));
  ModelSpec named = spec;
  named.architecture = weights->architecture.architecture;
  auto new_head = take_weights(*network, named, weights->bytes);
  if (!new_head) return base::fail(new_head.error().with_context(spec.uri).with_context(kUriField));
  CRESSET_CHECK(freeze(*network, spec.freeze, *new_head));
  return Started{std::move(network),
                 plain(weights->architecture),
                 {.uri = spec.uri, .digest = weights->digest, .new_head = *new_head}};
}

Result<Started> resume_network(const ModelSpec& spec, const ModelSpec& architecture,
                               const Origin& origin, const std::vector<int64_t>& sample_shape,
                               int64_t classes, uint64_t seed, const std::string& script) {
  CRESSET_TRY(network, build_network(architecture, sample_shape, classes, seed, script));
  CRESSET_CHECK(freeze(*network, spec.freeze, origin.new_head));
  return Started{std::move(network), architecture, origin};
}

}  // namespace cresset::model
