#pragma once
// Labels that are numbers or flags as a network learns them: numbers less their mean over the
// training rows, in units of their standard deviation, so that a learning rate does not depend on
// the units of a label; the model turns its answers back (model/answers.h). Functions.

#include <ATen/ATen.h>

#include <vector>

#include "worker/data/table.h"
#include "worker/model/card.h"

namespace cresset::train {

// What the label columns of the training rows are; none of labels that are classes. Every rank has
// all rows and finds the same.
std::vector<model::Target> fit_targets(const data::Table& train);

// [rows, targets] in float.
at::Tensor target_tensor(const data::Table& table, const std::vector<model::Target>& targets);

}  // namespace cresset::train
