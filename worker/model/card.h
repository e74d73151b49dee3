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

// A column that is predicted: the label is mean + deviation × what the network answers. Of labels
// that hold or do not, the name alone counts.
struct Target {
  std::string name;
  double mean = 0;
  double deviation = 1;
  bool operator==(const Target&) const = default;
};

struct ModelCard {
  worker_contract::ModelSpec architecture;
  std::string goal;             // as in a spec (goal_spec.h); "": of a model from before there were
  Preprocessing preprocessing;  // holds the columns and the shape of a sample
  data::Classes classes;        // of Classification and NextToken
  std::vector<Target> targets;  // of MultiLabel and Regression
  Origin origin;
  std::map<std::string, double> metrics;  // of the validation (train/evaluation.h)
  std::string data_uri;
  std::string data_digest;
  int64_t bad_rows = 0;  // that were left out of the data
  std::string job_namespace, job_name, job_uid;
  int64_t steps = 0;

  // What the network answers for a row: as many numbers as there are classes or targets.
  int64_t outputs() const;
  // One input `input` (raw columns); where some hold texts, an input for each column. Outputs
  // `probabilities` and `label`: the class's own number;
  // of classes that are texts, its place in the list of classes. Of MultiLabel `probabilities`
  // alone, each label's own; of Regression `value`, in the labels' units.
  Signature signature() const;
};

base::Json encode(const ModelCard& card);
base::Result<ModelCard> decode_model_card(const base::Json& json);

}  // namespace cresset::model
