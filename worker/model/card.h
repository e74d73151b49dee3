#pragma once
// What model.json of the format "builtin" says, as a value: enough to build the model again and to
// tell people what it is. The codec checks everything, because the file may come from anybody.
// Pure.

#include <map>
#include <string>
#include <vector>

#include "crds/worker_contract/training_spec.h"
#include "operator/base/json.h"
#include "operator/base/result.h"
#include "worker/data/table.h"
#include "worker/model/model.h"
#include "worker/model/preprocess.h"

namespace cresset::model {

// What the weights were before this job learnt; empty: random.
struct Origin {
  std::string uri;
  std::string digest;    // of the model directory, or of the file of weights
  std::string new_head;  // the layer that began anew; "": none did
  bool operator==(const Origin&) const = default;
};

struct ModelCard {
  worker_contract::ModelSpec architecture;
  Preprocessing preprocessing;  // holds the columns and the shape of a sample
  data::Classes classes;
  Origin origin;
  std::map<std::string, double> metrics;  // of the validation (train/evaluation.h)
  std::string data_uri;
  std::string data_digest;
  int64_t bad_rows = 0;  // that were left out of the data
  std::string job_namespace, job_name, job_uid;
  int64_t steps = 0;

  // One input `input` (raw columns), outputs `probabilities` and `label`. The label is the class's
  // own number; of classes that are texts, its place in the list of classes.
  Signature signature() const;
};

base::Json encode(const ModelCard& card);
base::Result<ModelCard> decode_model_card(const base::Json& json);

}  // namespace cresset::model
