#pragma once
// YAML as JSON, document by document, with the line of every field kept for errors. Plain scalars
// follow YAML's core schema as Kubernetes reads it (null, true and false, integers, numbers, else
// text); quoted ones are text. Refused: broken YAML, a key twice, more nesting or nodes than a job
// can need (an alias bomb). Pure values; any thread. yaml-cpp stays in the .cc file.
//
//   CRESSET_TRY(documents, parse_yaml(text));
//   documents[0].locate("spec.training.epochs must be …");   // "line 14: spec.training.epochs …"

#include <map>
#include <string>
#include <vector>

#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::cli {

struct YamlDocument {
  base::Json value;
  std::map<std::string, int> lines;  // "spec.training.preprocess[0]" → 1, 2, …

  // The message with the line of the field that it begins with; the nearest parent's when the field
  // itself is missing.
  std::string locate(const std::string& message) const;
};

// Empty documents are left out, as kubectl does.
base::Result<std::vector<YamlDocument>> parse_yaml(const std::string& text);

}  // namespace cresset::cli
