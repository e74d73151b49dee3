#pragma once
// What the built-in worker trains: the part of a TrainingJob's spec that the worker, the command
// line and the operator all understand (`training`, `checkpoint`, `output`). Structs
// with their JSON codec, defaults and validation; pure values. Every error names the field with its
// whole path, what was found and what is allowed. The schema of the same fields is
// helm/cresset/schemas/training_job.yaml; a parity test holds both together.

#include <optional>
#include <string>
#include <vector>

#include "crds/worker_contract/augment_spec.h"
#include "crds/worker_contract/chosen_weights_spec.h"
#include "crds/worker_contract/class_weights_spec.h"
#include "crds/worker_contract/data_files_spec.h"
#include "crds/worker_contract/goal_spec.h"
#include "crds/worker_contract/gradient_spec.h"
#include "crds/worker_contract/learning_rates.h"
#include "crds/worker_contract/parallel_spec.h"
#include "crds/worker_contract/preprocess_spec.h"
#include "crds/worker_contract/schedule_spec.h"
#include "crds/worker_contract/storage_spec.h"
#include "operator/base/json.h"
#include "operator/base/result.h"

namespace cresset::worker_contract {

// A prefix of the names in a file of weights, and what stands in its place in the network.
struct Rename {
  std::string from;
  std::string to;
  bool operator==(const Rename&) const = default;
};

struct ModelSpec {
  // One of architectures.h, which knows bounds and defaults; "": that of the model at `uri`.
  std::string architecture = "mlp";
  std::vector<int64_t> hidden;
  std::vector<int64_t> channels;
  int64_t kernel = 3;
  double dropout = 0;
  int64_t depth = 18;         // resnet: 18 | 34 | 50
  std::string stem = "Auto";  // resnet: Auto | Small | Large
  int64_t width = 0;          // resnet: channels of the first stage; sequences: values of a place
  int64_t layers = 4;         // sequences (transformer, gpt)
  int64_t heads = 4;
  int64_t feed_forward = 0;
  int64_t vocabulary_size = 0;  // 0: samples are numbers, not tokens
  // transformer: places with it are looked at by nothing; gpt: at a row's end, it is not learnt.
  std::optional<int64_t> padding_token;
  int64_t max_length = 0;        // 0: that of the samples
  std::string pooling = "Mean";  // transformer: Mean | First
  std::string head_layer;        // torchscript: the layer of the classes; "": none
  // What the weights start as: those of a model directory or of a file (.safetensors, or .pt, a
  // TorchScript module; with the architecture torchscript, also the network). "": random.
  std::string uri;
  std::vector<std::string> freeze;           // globs of parameters that are not learnt
  std::vector<Rename> rename;                // the first that fits a name counts
  std::string head = "Auto";                 // the layer of the classes: Auto | New
  std::vector<LearningRate> learning_rates;  // the first that fits a parameter counts
  bool operator==(const ModelSpec&) const = default;
};

struct DataSpec {
  std::string train_uri;       // a file (docs/data.md), a folder or a glob
  std::string validation_uri;  // one of uri and fraction
  double validation_fraction = 0;
  std::string validation_split_by;  // a column whose equal values stay on one side; "" = by row
  // The column to predict; one of label and labels, and neither of texts whose own next tokens are
  // predicted.
  std::string label;
  std::vector<std::string> labels;    // globs of them; of goals with more than one
  std::vector<std::string> features;  // globs; empty = every column but those
  BadRowsSpec bad_rows;
  ImagesSpec images;
  StreamingSpec streaming;
  bool operator==(const DataSpec&) const = default;
};

struct OptimizerSpec {
  std::string name = "adamw";  // one of optimizers.h, which knows who has what; defaults of adamw
  double learning_rate = 0.001;
  double weight_decay = 0.01;
  double momentum = 0;
  double dampening = 0;
  bool nesterov = false;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  bool operator==(const OptimizerSpec&) const = default;
};

struct TrainingSpec {
  ModelSpec model;
  GoalSpec goal;
  DataSpec data;
  std::vector<PreprocessStep> preprocess;
  AugmentSpec augment;
  OptimizerSpec optimizer;
  ScheduleSpec schedule;  // of the optimizer's learning rate
  GradientSpec gradient;
  ParallelSpec parallel;
  double label_smoothing = 0;
  ClassWeightsSpec class_weights;
  AveragingSpec averaging;
  EarlyStoppingSpec early_stopping;
  int64_t epochs = 10;
  int64_t batch_size = 256;        // global
  std::string precision = "fp32";  // fp32 | bf16 | fp16
  bool deterministic = false;
  int64_t seed = 0;
  bool operator==(const TrainingSpec&) const = default;
};

struct CheckpointSpec {
  std::string uri;
  int64_t every_steps = 500;
  int64_t every_seconds = 60;
  int64_t keep = 3;
  bool operator==(const CheckpointSpec&) const = default;
};

base::Result<TrainingSpec> decode_training(const base::Json& json, const std::string& path);
base::Result<CheckpointSpec> decode_checkpoint(const base::Json& json, const std::string& path);
base::Result<std::string> decode_output_uri(const base::Json& json, const std::string& path);

base::Json encode(const TrainingSpec& training);
base::Json encode(const CheckpointSpec& checkpoint);

}  // namespace cresset::worker_contract
