#include "worker/train/trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "crds/worker_contract/goal_rules.h"
#include "worker/train/core/learning_rate.h"
#include "worker/train/core/run_identity.h"
#include "worker/train/diagnosis.h"
#include "worker/train/evaluation.h"
#include "worker/train/gradient.h"
#include "worker/train/whole_state.h"

namespace cresset::train {

using base::Result;

namespace {

constexpr std::chrono::seconds kRateWindow{1};

Schedule make_schedule(const worker_contract::WorkerConfig& config, const base::Clock& clock) {
  if (!config.checkpoint) return Schedule(0, std::chrono::seconds(0), clock.mono());
  return Schedule(config.checkpoint->every_steps,
                  std::chrono::seconds(config.checkpoint->every_seconds), clock.mono());
}

}  // namespace

Trainer::Trainer(Parts parts)
    : parts_(std::move(parts)),
      spec_(parts_.config.training),
      precision_(precision_of(spec_.precision)),
      gradient_(spec_, parts_.network, parts_.train, parts_.loss, parts_.group),
      total_steps_(spec_.epochs * sampler().steps_per_epoch()),
      schedule_(make_schedule(parts_.config, parts_.clock)),
      rate_since_(parts_.clock.mono()) {
  auto& network = parts_.network;
  if (precision_ == at::kHalf) loss_scale_.emplace();
  if (spec_.averaging.decay > 0)
    average_.emplace(spec_.averaging.decay, network.names(), network.parameters());
  if (spec_.early_stopping.patience > 0)
    best_.emplace(spec_.early_stopping,
                  worker_contract::metrics_of(
                      worker_contract::goal_of(spec_, parts_.started.architecture.architecture)),
                  network.state_names(), network.state());
}

int64_t Trainer::state_bytes() const {
  int64_t bytes = 0;
  for (const auto& tensor : state().tensors) bytes += static_cast<int64_t>(tensor.nbytes());
  return bytes;
}

Result<void> Trainer::restore(const CheckpointState& state, const model::Files& files) {
  NamedTensors weights;
  const auto names = parts_.network.state_names();
  const auto tensors = parts_.network.state();
  for (size_t i = 0; i < names.size(); ++i) weights.add(names[i], tensors[i]);
  const auto file = [&](const char* name) {
    return files.contains(name) ? std::string_view(files.at(name)) : std::string_view();
  };
  CRESSET_CHECK(scatter_state(file(model::kWeightsFile), weights, parts_.group));
  CRESSET_CHECK(scatter_state(file(kOptimizerFile), this->state(), parts_.group));
  step_ = std::min(state.step, total_steps_);
  metrics_ = state.metrics;
  return {};
}

Result<void> Trainer::run() {
  parts_.network.set_training(true);
  parts_.progress.report(true, [&](worker_contract::Progress& progress) {
    progress.step = step_;
    progress.total_steps = total_steps_;
    progress.epoch = sampler().epoch_of(step_);
    progress.metrics = metrics_;
  });
  while (!is_over()) {
    CRESSET_TRY(result, train_step());
    CRESSET_CHECK(after_step(result));
    if (result.any.stop && !is_over()) return leave();
  }
  if (validated_step_ != step_) CRESSET_CHECK(validate());
  choose_weights();
  return {};
}

// Whether a checkpoint is due is rank 0's to say, since it may be a matter of time.
Result<BatchGradient::Found> Trainer::train_step() {
  const BatchGradient::Flags flags{
      .stop = parts_.stop != nullptr && parts_.stop->load(),
      .save = parts_.group.rank() == 0 && schedule_.due(step_ + 1, parts_.clock.mono())};
  CRESSET_TRY(found, gradient_.compute(step_, flags, loss_scale_ ? loss_scale_->value() : 1));
  // With a loss scale, its own rule says when steps that overflow are too many.
  if (!loss_scale_ && !std::isfinite(found.loss)) return base::fail(diverged());
  CRESSET_CHECK(follow_gradients());
  rate_samples_ += sampler().batch_rows(step_);
  ++rate_steps_;
  ++step_;
  return found;
}

base::Error Trainer::diverged() {
  const auto found = diagnose({.spec = spec_,
                               .network = parts_.network,
                               .gradient = gradient_,
                               .rows = parts_.train,
                               .group = parts_.group,
                               .of_tokens = parts_.started.architecture.vocabulary_size > 0},
                              step_, total_steps_);
  return found ? base::invalid(describe(*found)) : found.error();
}

Result<void> Trainer::follow_gradients() {
  const auto parameters = parts_.network.parameters();
  if (loss_scale_) {
    const auto finite = loss_scale_->unscale(parameters);
    if (!finite) return base::fail(diverged().with_context(finite.error().message()));
    if (!*finite) return {};  // the next step tries a smaller scale
  }
  clip_gradients(parameters, spec_.gradient);
  CRESSET_CHECK(parts_.optimizer->step(
      learning_rate(spec_.schedule, spec_.optimizer.learning_rate, step_, total_steps_)));
  if (average_) average_->update();
  return {};
}

Result<void> Trainer::after_step(const BatchGradient::Found& result) {
  if (step_ % sampler().steps_per_epoch() == 0) CRESSET_CHECK(validate());
  report_step(result.loss);
  const bool saves = result.any.save && !is_over() && !result.any.stop;
  return saves ? submit_checkpoint() : Result<void>();
}

bool Trainer::is_over() const { return step_ >= total_steps_ || (best_ && best_->is_over()); }

NamedTensors Trainer::state() const {
  NamedTensors state = parts_.optimizer->state();
  if (average_) state.add(average_->state());
  if (loss_scale_) state.add(loss_scale_->state());
  if (best_) state.add(best_->state());
  return state;
}

// Of the average, where there is one: that is what the model will be.
Result<void> Trainer::look_at_validation() {
  std::optional<WeightAverage::InUse> averaged;
  if (average_) averaged.emplace(*average_);
  const int64_t micro = spec_.gradient.micro_batch_size;
  const auto& stopping = spec_.early_stopping;
  CRESSET_TRY(metrics,
              evaluate(parts_.network, parts_.validation, parts_.loss, parts_.group, precision_,
                       {.rows_at_once = micro > 0 ? std::min(micro, kRowsAtOnce) : kRowsAtOnce,
                        .needs_auc = stopping.patience > 0 && stopping.metric == "auc",
                        .device = parts_.device}));
  metrics_ = std::move(metrics);
  return best_ ? best_->judge(metrics_) : Result<void>();
}

Result<void> Trainer::validate() {
  CRESSET_CHECK(look_at_validation());
  validated_step_ = step_;
  parts_.progress.report(false, [&](worker_contract::Progress& progress) {
    progress.step = step_;
    progress.epoch = sampler().epoch_of(step_);
    progress.metrics = metrics_;
  });
  return {};
}

// The network's weights become those of the model.
void Trainer::choose_weights() {
  if (average_) average_->adopt();
  if (!best_) return;
  if (auto metrics = best_->adopt(); !metrics.empty()) metrics_ = std::move(metrics);
  parts_.progress.report(false,
                         [&](worker_contract::Progress& progress) { progress.metrics = metrics_; });
}

void Trainer::report_step(double loss) {
  const auto now = parts_.clock.mono();
  parts_.progress.report(false, [&](worker_contract::Progress& progress) {
    progress.step = step_;
    progress.epoch = sampler().epoch_of(step_);
    if (std::isfinite(loss)) progress.loss = loss;  // else that of the last step that counted
    if (now - rate_since_ >= kRateWindow) {
      const double seconds = std::chrono::duration<double>(now - rate_since_).count();
      progress.samples_per_second = static_cast<double>(rate_samples_) / seconds;
      remaining_.add(rate_steps_, seconds);
      rate_since_ = now;
      rate_samples_ = rate_steps_ = 0;
    }
    progress.remaining_seconds = remaining_.seconds_for(total_steps_ - step_);
  });
}

// Of all ranks, which may have a part of the state each; rank 0 writes.
Result<void> Trainer::submit_checkpoint() {
  if (!parts_.config.checkpoint) return {};
  CRESSET_TRY(state_file, gather_state(state(), parts_.group));
  if (parts_.writer == nullptr) return {};
  const CheckpointState state{.step = step_,
                              .metrics = metrics_,
                              .run = run_identity(spec_, sampler().rows(), parts_.train.digest()),
                              .preprocessing = parts_.preprocessing.encode(),
                              .origin = parts_.started.origin,
                              .architecture = parts_.started.architecture};
  auto files = model::files_of(parts_.network);
  files.emplace(kStateFile, base::dump(encode(state)));
  files.emplace(kOptimizerFile, std::move(state_file));
  parts_.writer->submit({.round = parts_.round, .step = step_}, std::move(files));
  return {};
}

Result<void> Trainer::leave() {
  CRESSET_CHECK(submit_checkpoint());
  if (parts_.writer != nullptr) CRESSET_CHECK(parts_.writer->flush());
  return base::fail(base::cancelled("asked to stop after step " + std::to_string(step_)));
}

}  // namespace cresset::train
