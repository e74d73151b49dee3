// The steps that fill and scale, and what all steps share.
#include "worker/model/steps.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "worker/cpu/rows.h"

namespace cresset::model {

using base::Json;
using base::Result;

base::Error no_value_to_learn_from(const StepColumns& columns, size_t i) {
  return base::invalid(columns.path + ": column \"" + columns.names[i] +
                       "\" has no value in the training rows to learn from");
}

Result<std::vector<double>> numbers_of(const Json& json, const char* key, size_t wanted,
                                       const std::string& path, const char* each) {
  std::vector<double> values;
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array() || found->size() != wanted)
    return base::fail(base::invalid(path + "." + key + ": wanted " + std::to_string(wanted) +
                                    " numbers, one a " + each));
  for (const auto& value : *found) {
    if (!value.is_number() || !std::isfinite(value.get<double>()))
      return base::fail(base::invalid(path + "." + key + ": found " + base::dump(value) +
                                      ", allowed are finite numbers"));
    values.push_back(value.get<double>());
  }
  return values;
}

FillAndScale::FillAndScale(size_t width)
    : fill(width, std::numeric_limits<float>::quiet_NaN()), mean(width, 0), inverse(width, 1) {}

void FillAndScale::apply(Rows rows) const {
  cpu::fill_and_scale(rows.values, rows.count, rows.width, fill.data(), mean.data(),
                      inverse.data());
}

namespace {

// Of the columns of a step, the i-th becomes (x - shift(i)) * scale(i).
FillAndScale scaling(const StepColumns& columns, size_t width, const auto& shift,
                     const auto& scale) {
  FillAndScale kernel(width);
  for (size_t i = 0; i < columns.indices.size(); ++i) {
    kernel.mean[columns.indices[i]] = static_cast<float>(shift(i));
    kernel.inverse[columns.indices[i]] = static_cast<float>(scale(i));
  }
  return kernel;
}

}  // namespace

Result<void> Impute::learn(size_t i, ColumnSummary& column) {
  if (strategy != "Constant" && column.moments.count == 0)
    return base::fail(no_value_to_learn_from(columns, i));
  if (strategy == "MostFrequent" && !column.exact)
    return base::fail(base::invalid(columns.path + ": column \"" + columns.names[i] +
                                    "\" has more than " + std::to_string(ValueCounts::kMostValues) +
                                    " different values, among which MostFrequent cannot tell"));
  double value = constant;
  if (strategy == "Mean") value = column.moments.mean;
  if (strategy == "Median") value = column.quantile(0.5);
  if (strategy == "MostFrequent") value = column.most_frequent();
  values.push_back(value);
  column.fill(value);
  return {};
}

Json Impute::encode() const { return {{"strategy", strategy}, {"values", values}}; }

Result<void> Impute::decode(const Json& json) {
  CRESSET_TRY(found, numbers_of(json, "values", columns.names.size(), columns.path));
  values = std::move(found);
  strategy = base::text_at(json, "/strategy", "Mean");
  return {};
}

void Impute::prepare(size_t width) {
  kernel = FillAndScale(width);
  for (size_t i = 0; i < values.size(); ++i)
    kernel.fill[columns.indices[i]] = static_cast<float>(values[i]);
}

Result<void> Impute::apply(Rows rows) const { return kernel.apply(rows), Result<void>(); }

Result<void> Standardize::learn(size_t i, ColumnSummary& column) {
  if (column.moments.count == 0) return base::fail(no_value_to_learn_from(columns, i));
  const double found = column.moments.deviation();
  mean.push_back(column.moments.mean);
  deviation.push_back(found > 0 ? found : 1);
  column.scale(mean.back(), 1 / deviation.back());
  return {};
}

Json Standardize::encode() const { return {{"mean", mean}, {"deviation", deviation}}; }

Result<void> Standardize::decode(const Json& json) {
  CRESSET_TRY(means, numbers_of(json, "mean", columns.names.size(), columns.path));
  CRESSET_TRY(deviations, numbers_of(json, "deviation", columns.names.size(), columns.path));
  for (const double one : deviations)
    if (one <= 0)
      return base::fail(base::invalid(columns.path + ".deviation: found " + base::dump(one) +
                                      ", allowed are finite numbers greater than 0"));
  mean = std::move(means);
  deviation = std::move(deviations);
  return {};
}

void Standardize::prepare(size_t width) {
  kernel = scaling(
      columns, width, [&](size_t i) { return mean[i]; },
      [&](size_t i) { return 1 / deviation[i]; });
}

Result<void> Standardize::apply(Rows rows) const { return kernel.apply(rows), Result<void>(); }

// A column that never changes becomes `min`, as in scikit-learn.
double MinMax::scale(size_t i) const {
  return (max - min) / (greatest[i] > least[i] ? greatest[i] - least[i] : 1);
}
double MinMax::shift(size_t i) const { return least[i] - min / scale(i); }

Result<void> MinMax::learn(size_t i, ColumnSummary& column) {
  if (column.moments.count == 0) return base::fail(no_value_to_learn_from(columns, i));
  least.push_back(column.moments.least);
  greatest.push_back(column.moments.greatest);
  column.scale(shift(i), scale(i));
  return {};
}

Json MinMax::encode() const {
  return {{"min", min}, {"max", max}, {"least", least}, {"greatest", greatest}};
}

Result<void> MinMax::decode(const Json& json) {
  min = base::real_at(json, "/min", 0);
  max = base::real_at(json, "/max", 1);
  CRESSET_TRY(lows, numbers_of(json, "least", columns.names.size(), columns.path));
  CRESSET_TRY(highs, numbers_of(json, "greatest", columns.names.size(), columns.path));
  bool ordered = min < max;
  for (size_t i = 0; i < lows.size(); ++i) ordered = ordered && lows[i] <= highs[i];
  if (!ordered)
    return base::fail(base::invalid(
        columns.path + ": min must be below max, and least not above greatest of any column"));
  least = std::move(lows);
  greatest = std::move(highs);
  return {};
}

void MinMax::prepare(size_t width) {
  kernel = scaling(
      columns, width, [&](size_t i) { return shift(i); }, [&](size_t i) { return scale(i); });
}

Result<void> MinMax::apply(Rows rows) const { return kernel.apply(rows), Result<void>(); }

const worker_contract::NormalizeStep::Channel& Normalize::channel(size_t i) const {
  return channels[i / (columns.names.size() / channels.size())];
}
double Normalize::shift(size_t i) const { return channel(i).mean * divisor; }
double Normalize::scale(size_t i) const { return 1 / (divisor * channel(i).deviation); }

Result<void> Normalize::check() const {
  if (!channels.empty() && !columns.names.empty() && columns.names.size() % channels.size() == 0)
    return {};
  return base::fail(base::invalid(
      columns.path + ".channels: " + std::to_string(columns.names.size()) + " columns are not " +
      std::to_string(channels.size()) + " channels that have as many columns each"));
}

std::optional<Channels> Normalize::whole_channels(size_t count) const {
  const size_t width = kernel.mean.size(), pixels = width / std::max<size_t>(1, count);
  if (count != channels.size() || columns.indices.size() != width || pixels * count != width)
    return std::nullopt;
  for (size_t i = 0; i < width; ++i)
    if (columns.indices[i] != i) return std::nullopt;
  Channels whole;
  for (size_t c = 0; c < count; ++c) {
    whole.mean.push_back(kernel.mean[c * pixels]);
    whole.inverse.push_back(kernel.inverse[c * pixels]);
  }
  return whole;
}

Result<void> Normalize::learn(size_t i, ColumnSummary& column) {
  column.scale(shift(i), scale(i));
  return {};
}

Json Normalize::encode() const {
  std::vector<double> mean, deviation;
  for (const auto& channel : channels) {
    mean.push_back(channel.mean);
    deviation.push_back(channel.deviation);
  }
  return {{"divisor", divisor}, {"mean", mean}, {"deviation", deviation}};
}

Result<void> Normalize::decode(const Json& json) {
  const Json* list = base::find(json, "/mean");
  if (list == nullptr || !list->is_array())
    return base::fail(base::invalid(columns.path + ".mean: wanted numbers, one a channel"));
  CRESSET_TRY(means, numbers_of(json, "mean", list->size(), columns.path, "channel"));
  CRESSET_TRY(deviations, numbers_of(json, "deviation", list->size(), columns.path, "channel"));
  divisor = base::real_at(json, "/divisor", 0);
  constexpr double kLeast = worker_contract::NormalizeStep::kLeastDivisor;
  bool divides = divisor >= kLeast;
  for (size_t c = 0; c < means.size(); ++c) {
    divides = divides && deviations[c] >= kLeast;
    channels.push_back({.mean = means[c], .deviation = deviations[c]});
  }
  if (!divides)
    return base::fail(base::invalid(columns.path + ": divisor and deviations must be at least " +
                                    base::dump(Json(kLeast))));
  return check();
}

void Normalize::prepare(size_t width) {
  kernel = scaling(
      columns, width, [&](size_t i) { return shift(i); }, [&](size_t i) { return scale(i); });
}

Result<void> Normalize::apply(Rows rows) const { return kernel.apply(rows), Result<void>(); }

}  // namespace cresset::model
