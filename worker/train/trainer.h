#pragma once
// The training loop of one rank: from prepared data and a group to a trained network, with
// checkpoints on the way. Steps depend on the seed and the step's number only, so that a run that
// was stopped and restored goes on bit by bit (on GPUs if `deterministic`), at as many ranks.
// One thread; rank 0's also reports progress and hands checkpoints to their writer.

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "crds/worker_contract/worker_config.h"
#include "operator/base/clock.h"
#include "operator/base/log.h"
#include "operator/base/result.h"
#include "worker/dist/process_group.h"
#include "worker/model/network.h"
#include "worker/model/start.h"
#include "worker/train/averaging.h"
#include "worker/train/batch_gradient.h"
#include "worker/train/batch_rows.h"
#include "worker/train/best_weights.h"
#include "worker/train/checkpoint.h"
#include "worker/train/core/remaining_time.h"
#include "worker/train/core/schedule.h"
#include "worker/train/forward.h"
#include "worker/train/loss_scale.h"
#include "worker/train/progress.h"
#include "worker/train/sharded_optimizer.h"
#include "worker/train/training_data.h"

namespace cresset::train {

class Trainer {
 public:
  struct Parts {
    const worker_contract::WorkerConfig& config;
    int round;
    dist::ProcessGroup& group;
    model::Network& network;
    const model::Started& started;  // what checkpoints keep of it: where the network comes from
    const model::Preprocessing& preprocessing;
    BatchRows& train;
    const Samples& validation;
    const Loss& loss;
    ProgressReporter& progress;
    CheckpointWriter* writer;  // rank 0 of a job with checkpoints
    const std::atomic<bool>* stop;
    const base::Clock& clock;
    std::unique_ptr<ShardedOptimizer> optimizer;  // of the network's parameters
    c10::Device device;  // that network, optimizer and loss are on, and where `train` puts rows
  };
  explicit Trainer(Parts parts);

  // Continues from a checkpoint's weights and optimizer; rank 0 alone has the files.
  base::Result<void> restore(const CheckpointState& state, const model::Files& files);
  // Trains to the end. cancelled: asked to stop, and the checkpoint is written.
  base::Result<void> run();

  int64_t step() const { return step_; }
  int64_t total_steps() const { return total_steps_; }
  // Of the last validation.
  const std::map<std::string, double>& metrics() const { return metrics_; }
  // Of all that a checkpoint holds beside the weights.
  int64_t state_bytes() const;

 private:
  const data::Sampler& sampler() const { return parts_.train.sampler(); }
  base::Result<BatchGradient::Found> train_step();
  base::Result<void> follow_gradients();
  // Why this step's loss or gradients are not finite, as an error.
  base::Error diverged();
  base::Result<void> after_step(const BatchGradient::Found& result);
  base::Result<void> validate();
  base::Result<void> look_at_validation();
  bool is_over() const;
  void choose_weights();
  // All that a checkpoint holds beside the weights.
  NamedTensors state() const;
  base::Result<void> submit_checkpoint();
  base::Result<void> leave();
  void report_step(double loss);

  Parts parts_;
  const worker_contract::TrainingSpec& spec_;
  Precision precision_;
  BatchGradient gradient_;
  int64_t total_steps_;
  Schedule schedule_;
  std::optional<WeightAverage> average_;
  std::optional<BestWeights> best_;
  std::optional<LossScale> loss_scale_;
  int64_t step_ = 0;  // completed
  int64_t validated_step_ = -1;
  std::map<std::string, double> metrics_;
  base::MonoTime rate_since_;
  int64_t rate_samples_ = 0;  // since then
  int64_t rate_steps_ = 0;
  RemainingTime remaining_;
};

}  // namespace cresset::train
