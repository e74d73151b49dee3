#pragma once
// What the rows of a table are to a network that predicts tokens (model::Network::vocabulary): the
// features are a sequence and the label, if there is one, is the token after it, so that each place
// has a next token to be learnt. Of rows that are filled up, the first padding is learnt, as the
// row's end, and nothing after it. Functions; the caller owns everything.

#include "operator/base/result.h"
#include "worker/train/training_data.h"

namespace cresset::train {

// Labels, as the tables have them, are tokens: the classes become all those of the vocabulary. An
// error names spec.training.data.label when labels are texts or no tokens of it.
base::Result<void> label_by_token(RawData& raw, int64_t vocabulary);

// Targets [rows, length]: of each place the token of the next one, of the last the label; kNoTarget
// (loss.h) where nothing is learnt.
void aim_at_next_tokens(Samples& samples, const std::optional<int64_t>& padding);

}  // namespace cresset::train
