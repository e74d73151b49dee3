#pragma once
// The learning rate of a step: a pure function of schedule, step and the number of steps in all, so
// that a run that was restored needs nothing but its step. Formulas are those of PyTorch 2.11's
// LinearLR, StepLR, CosineAnnealingLR (over the steps after the warm-up) and OneCycleLR (which
// moves the rate alone, not the momentum), as if their step() was called after each step.
//
//   optimizer.step(learning_rate(spec.schedule, spec.optimizer.learning_rate, step, total));

#include <cstdint>

#include "crds/worker_contract/schedule_spec.h"

namespace cresset::train {

// Of step `step` in [0, total_steps). `base`: the highest that it comes to.
double learning_rate(const worker_contract::ScheduleSpec& schedule, double base, int64_t step,
                     int64_t total_steps);

}  // namespace cresset::train
