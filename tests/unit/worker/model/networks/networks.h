#pragma once
// Networks for tests, as a user's spec names them.

#include <gtest/gtest.h>

#include "crds/worker_contract/architectures.h"
#include "worker/model/networks/builder.h"

namespace cresset::model::networks {

// `parameters` as a user writes them, the architecture's defaults for the rest.
inline worker_contract::ModelSpec spec_of(const std::string& architecture,
                                          const base::Json& parameters = base::Json::object()) {
  worker_contract::ModelSpec spec{.architecture = architecture};
  base::Reader reader(parameters, "parameters");
  worker_contract::find_architecture(architecture)->read(reader, spec);
  const auto read = reader.finish();
  EXPECT_TRUE(read) << read.error().message();
  return spec;
}

inline base::Result<Layers> build(const worker_contract::ModelSpec& spec, const Task& task) {
  CRESSET_TRY(builder, find_builder(spec.architecture));
  return builder(spec, task);
}

inline std::string error_of(const std::string& architecture, const base::Json& parameters,
                            const Task& task) {
  const auto layers = build(spec_of(architecture, parameters), task);
  return layers ? "no error" : layers.error().message();
}

}  // namespace cresset::model::networks
