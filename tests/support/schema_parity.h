#pragma once
// Holds the schema of a kind (helm/cresset/schemas/*.yaml) against its codec: what the API server
// lets through, our decoder must take, and both must refuse the same. Driven by the schema, so that
// a field that is added on one side only is found. Values; any thread.
//
//   EXPECT_THAT(parity_findings({.schema = spec_schema("helm/cresset/schemas/model_service.yaml"),
//   .samples = {…},
//                                .decode = …}), IsEmpty());

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "operator/base/json.h"

namespace cresset::testing {

// A YAML file of the repository as JSON ("" reads as a string, numbers and booleans as such).
base::Json read_yaml(const std::string& path_in_repository);
// The schema below `field` (spec or status) of the CRD in that file.
base::Json field_schema(const std::string& crd_path, const std::string& field);
// `value` as the API server would store it: defaults of the schema filled in.
base::Json with_defaults(const base::Json& schema, base::Json value);
// Paths ("spec.scaling.min") of all fields that the schema knows.
std::set<std::string> schema_paths(const base::Json& schema, const std::string& root);
// Paths of all fields in a value.
std::set<std::string> value_paths(const base::Json& value, const std::string& root);

struct Parity {
  std::string root = "spec";
  base::Json schema;
  std::vector<base::Json> samples;  // good ones that together use every field
  std::function<base::Result<void>(const base::Json& value)> decode;
  std::set<std::string> opaque;  // paths whose inside the decoder takes as it is
};
// One sentence for each difference.
std::vector<std::string> parity_findings(const Parity& parity);

}  // namespace cresset::testing
