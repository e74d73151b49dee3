#pragma once
// Samples of texts that are joined (tokenize with `samples: Packed`): the texts of a table, in the
// order of its rows, with <|endoftext|> before, between and after them, are one sequence of tokens,
// which is cut into samples of maxLength. Each begins with the token that the one before it ended
// with, so that every token but the first is learnt once; the last is filled up with <|endoftext|>,
// which is not learnt (next_token.h). Missing texts are none. A function.

#include "operator/base/result.h"
#include "worker/data/table.h"
#include "worker/model/tokenize.h"

namespace cresset::train {

// The rows of `table`, whose one column is one of texts, become samples; each is from where the
// first text is that it learns of. An error names the step when there is no text, or when there
// are too many samples.
base::Result<void> pack_texts(data::Table& table, const model::Tokenize& step);

}  // namespace cresset::train
