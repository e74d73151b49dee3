#pragma once
// Validation: what the network says of rows that it never learned from, over all ranks. Each rank
// computes its part of the rows; counts are summed and scores gathered, so that the figures are
// those of one rank whatever their number and however uneven the parts. A function; the caller owns
// everything.

#include <map>
#include <string>

#include "operator/base/result.h"
#include "worker/dist/process_group.h"
#include "worker/model/network.h"
#include "worker/train/forward.h"
#include "worker/train/loss.h"
#include "worker/train/training_data.h"

namespace cresset::train {

inline constexpr int64_t kRowsAtOnce = 512;
inline constexpr int64_t kMostScores = int64_t{1} << 26;

struct EvaluationOptions {
  int64_t rows_at_once = kRowsAtOnce;
  bool needs_auc = false;
  int64_t most_scores = kMostScores;
  c10::Device device = at::kCPU;  // that the network is on; samples are on the CPU
};

// Over all rows: "loss" (what training makes small) and what the goal has (goal_spec.h). Of classes
// "logLoss" (the mean of -log p of the right class), "accuracy", "macroF1", and "auc": one class
// against the rest, the mean over the classes that have both, absent when none has; exact, for
// which all ranks together hold rows × classes floats, and so absent too when these are more than
// kMostScores, unless `options` ask for it. Of labels that hold or do not the same of each label,
// "microF1" and "hammingLoss"; "accuracy" is the share of the rows all of whose labels are right.
// Of numbers "rmse", "mae" and "r2", in their own units. Of networks that predict tokens
// (model::Network::vocabulary) "logLoss", "accuracy" and "perplexity" over all places.
// `options.rows_at_once` bounds what is computed in one go, as do kRowsAtOnce places of these.
// Leaves the network in training mode, and its buffers those of rank 0: all parts are judged by the
// model that is written. Empty when there are no rows.
base::Result<std::map<std::string, double>> evaluate(model::Network& network,
                                                     const Samples& samples, const Loss& loss,
                                                     dist::ProcessGroup& group, Precision precision,
                                                     const EvaluationOptions& options = {});

}  // namespace cresset::train
