#include "worker/model/start.h"

#include "crds/worker_contract/model_spec.h"
#include "operator/base/digest.h"
#include "worker/data/store.h"
#include "worker/model/format.h"
#include "worker/model/model_directory.h"

namespace cresset::model {

using base::Result;
using worker_contract::ModelSpec;

namespace {

constexpr char kUriField[] = "spec.training.model.uri";
constexpr size_t kMaxCardBytes = size_t{64} << 20;

struct Weights {
  ModelSpec architecture;
  std::string bytes;
  std::string digest;
};

Result<ModelSpec> architecture_of(const Directory& directory, const std::string& uri) {
  const auto text = directory.files.find(kModelFile);
  if (text == directory.files.end())
    return base::fail(base::invalid(uri + ": the manifest names no " + kModelFile));
  CRESSET_TRY(json, base::parse_json(text->second, {.max_bytes = kMaxCardBytes, .max_depth = 16}));
  const std::string format = base::text_at(json, "/format", std::string(kBuiltinFormat));
  if (format != kBuiltinFormat)
    return base::fail(base::invalid(uri + ": its format is " + format + "; a network starts from " +
                                    std::string(kBuiltinFormat) + " alone"));
  CRESSET_TRY(card, decode_model_card(json));
  return card.architecture;
}

Result<Weights> read_weights(data::Store& store, const ModelSpec& spec) {
  Weights weights{.architecture = spec};
  if (worker_contract::names_weights(spec.uri)) {
    CRESSET_TRY(bytes, store.read(spec.uri, kMaxFileBytes));
    weights.digest = "sha256:" + base::sha256(bytes);
    weights.bytes = std::move(bytes);
    return weights;
  }
  CRESSET_TRY(directory, read_directory(store, spec.uri));
  if (spec.architecture.empty()) {
    CRESSET_TRY(architecture, architecture_of(directory, spec.uri));
    weights.architecture = std::move(architecture);
  }
  const auto found = directory.files.find(kWeightsFile);
  if (found == directory.files.end())
    return base::fail(base::invalid(spec.uri + ": the manifest names no " + kWeightsFile));
  weights.bytes = std::move(found->second);
  weights.digest = directory.digest;
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
                              uint64_t seed) {
  if (spec.uri.empty()) {
    CRESSET_TRY(network, build_network(spec, sample_shape, classes, seed));
    return Started{std::move(network), plain(spec), {}};
  }
  auto weights = read_weights(store, spec);
  if (!weights) return base::fail(weights.error().with_context(kUriField));
  CRESSET_TRY(network, build_network(weights->architecture, sample_shape, classes, seed));
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
                               int64_t classes, uint64_t seed) {
  CRESSET_TRY(network, build_network(architecture, sample_shape, classes, seed));
  CRESSET_CHECK(freeze(*network, spec.freeze, origin.new_head));
  return Started{std::move(network), architecture, origin};
}

}  // namespace cresset::model
