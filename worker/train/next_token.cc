#include "worker/train/next_token.h"

#include <ATen/ATen.h>

#include <numeric>

#include "worker/model/padding.h"
#include "worker/train/loss.h"

namespace cresset::train {

base::Result<void> label_by_token(RawData& raw, int64_t vocabulary) {
  const auto wrong = [&](const std::string& found) {
    return base::fail(
        base::invalid("spec.training.data.label is the token after a row's, one of 0 to " +
                      std::to_string(vocabulary - 1) + ", found " + found));
  };
  const auto& classes = raw.train.classes;
  if (!classes.integers) return wrong("\"" + classes.texts.front() + "\"");
  for (auto* table : {&raw.train, &raw.validation}) {
    for (const int64_t token : table->labels)
      if (token < 0 || token >= vocabulary) return wrong(std::to_string(token));
    for (const int64_t token : table->classes.numbers)  // all there is of rows that are streamed
      if (token < 0 || token >= vocabulary) return wrong(std::to_string(token));
    table->classes.numbers.resize(static_cast<size_t>(vocabulary));
    std::iota(table->classes.numbers.begin(), table->classes.numbers.end(), 0);
  }
  return {};
}

void aim_at_next_tokens(Samples& samples, const std::optional<int64_t>& padding) {
  const auto tokens = samples.inputs.round().to(at::kLong);
  samples.targets =
      at::cat({tokens.narrow(1, 1, tokens.size(1) - 1), samples.targets.unsqueeze(1)}, 1);
  if (!padding) return;
  const auto lengths = model::lengths_without(tokens, *padding).unsqueeze(1);
  samples.targets.masked_fill_(at::arange(tokens.size(1), at::kLong).ge(lengths), kNoTarget);
}

}  // namespace cresset::train
