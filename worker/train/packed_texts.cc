#include "worker/train/packed_texts.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "worker/model/preprocess.h"

namespace cresset::train {

using base::Result;

namespace {

// All tokens of a table, and which of its rows each sample is of.
struct Sequence {
  std::vector<int32_t> tokens;
  std::vector<int64_t> rows;
};

// A sample begins `stride` tokens after the one before it, and has two tokens at least.
Sequence join(const data::Table& table, const model::Tokenize& step, size_t stride) {
  const auto& texts = table.texts->front().texts;
  Sequence all{.tokens = {step.pieces->padding()}, .rows = {}};
  for (int64_t row = 0; row < table.rows; ++row) {
    const float text = table.values[static_cast<size_t>(row)];
    if (std::isnan(text)) continue;
    const auto ids = step.pieces->encode(texts.at(static_cast<size_t>(text)), SIZE_MAX).ids;
    all.tokens.insert(all.tokens.end(), ids.begin() + 1, ids.end());
    all.tokens.push_back(step.pieces->padding());
    while (all.rows.size() * stride + 1 < all.tokens.size()) all.rows.push_back(row);
  }
  return all;
}

}  // namespace

Result<void> pack_texts(data::Table& table, const model::Tokenize& step) {
  if (table.rows == 0) return {};
  const auto length = static_cast<size_t>(step.max_length);
  const size_t stride = length - 1;
  const auto all = join(table, step, stride);
  const size_t samples = all.rows.size();
  if (samples == 0)
    return base::fail(base::invalid(step.columns.path + ".columns: none of the " +
                                    std::to_string(table.rows) + " rows has a text"));
  if (samples > static_cast<size_t>(model::kMostValues) / length)
    return base::fail(base::too_large(step.columns.path + ".samples: " + std::to_string(samples) +
                                      " samples of " + std::to_string(length) +
                                      " tokens are too many, allowed are " +
                                      std::to_string(model::kMostValues) + " tokens"));
  table.values.assign(samples * length, static_cast<float>(step.pieces->padding()));
  for (size_t i = 0; i < samples; ++i) {
    const auto first = all.tokens.begin() + static_cast<std::ptrdiff_t>(i * stride);
    const auto count = std::min(length, all.tokens.size() - i * stride);
    std::copy_n(first, count, table.values.begin() + static_cast<std::ptrdiff_t>(i * length));
  }
  table.origins = table.origins.take(all.rows);
  table.rows = static_cast<int64_t>(samples);
  return {};
}

}  // namespace cresset::train
