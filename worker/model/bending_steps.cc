// The steps that are no straight line: clip, log and quantile.
#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <limits>

#include "worker/cpu/rows.h"
#include "worker/model/steps.h"

namespace cresset::model {

using base::Json;
using base::Result;

namespace {

constexpr double kOpen = std::numeric_limits<double>::infinity();
constexpr double kEnd = 1e-7;  // what scikit-learn takes for the ends of a distribution

// One number a column, null where it is infinite.
Json bounds(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(std::isinf(value) ? Json() : Json(value));
  return list;
}

Result<std::vector<double>> bounds_of(const Json& json, const char* key, const StepColumns& columns,
                                      double open) {
  Json filled = json.value(key, Json());
  std::vector<size_t> opened;
  for (size_t i = 0; filled.is_array() && i < filled.size(); ++i)
    if (filled[i].is_null()) {
      opened.push_back(i);
      filled[i] = 0;
    }
  CRESSET_TRY(values, numbers_of({{key, filled}}, key, columns.names.size(), columns.path));
  for (const size_t i : opened) values[i] = open;
  return values;
}

std::string text(double number) { return base::dump(Json(number)); }

}  // namespace

Result<void> Clip::learn(size_t i, ColumnSummary& column) {
  if (counts() && column.moments.count == 0) return base::fail(no_value_to_learn_from(columns, i));
  low.push_back(spec.min_quantile ? column.quantile(*spec.min_quantile)
                                  : spec.min.value_or(-kOpen));
  high.push_back(spec.max_quantile ? column.quantile(*spec.max_quantile)
                                   : spec.max.value_or(kOpen));
  if (low[i] > high[i])
    return base::fail(base::invalid(columns.path + ": of column \"" + columns.names[i] +
                                    "\", the least would be " + text(low[i]) +
                                    " and the greatest " + text(high[i])));
  column.bend([&](double value) { return std::clamp(value, low[i], high[i]); });
  return {};
}

Json Clip::encode() const { return {{"low", bounds(low)}, {"high", bounds(high)}}; }

Result<void> Clip::decode(const Json& json) {
  CRESSET_TRY(lows, bounds_of(json, "low", columns, -kOpen));
  CRESSET_TRY(highs, bounds_of(json, "high", columns, kOpen));
  for (size_t i = 0; i < lows.size(); ++i)
    if (lows[i] > highs[i])
      return base::fail(base::invalid(columns.path + ".low: found " + text(lows[i]) +
                                      ", which is above high, " + text(highs[i])));
  low = std::move(lows);
  high = std::move(highs);
  return {};
}

void Clip::prepare(size_t width) {
  lows.assign(width, static_cast<float>(-kOpen));
  highs.assign(width, static_cast<float>(kOpen));
  for (size_t i = 0; i < low.size(); ++i) {
    lows[columns.indices[i]] = static_cast<float>(low[i]);
    highs[columns.indices[i]] = static_cast<float>(high[i]);
  }
}

Result<void> Clip::apply(Rows rows) const {
  cpu::clip(rows.values, rows.count, rows.width, lows.data(), highs.data());
  return {};
}

std::string Log::allowed() const { return "allowed are values from " + text(0 - offset) + " on"; }

// As a float, so that an offset takes away exactly the least value that it was chosen by.
double Log::shifted(double value) const {
  return static_cast<float>(value) + static_cast<float>(offset);
}

Result<void> Log::learn(size_t i, ColumnSummary& column) {
  if (shifted(column.moments.least) < 0)
    return base::fail(base::invalid(columns.path + ": column \"" + columns.names[i] +
                                    "\" has values down to " + text(column.moments.least) +
                                    " in the training rows; " + allowed()));
  column.bend([&](double value) { return std::log1p(shifted(value)); });
  return {};
}

Json Log::encode() const { return {{"offset", offset}}; }

Result<void> Log::decode(const Json& json) {
  offset = base::real_at(json, "/offset");
  return {};
}

Result<void> Log::apply(Rows rows) const {
  for (size_t i = 0; i < columns.indices.size(); ++i) {
    float* value = rows.values + columns.indices[i];
    for (int64_t row = 0; row < rows.count; ++row, value += rows.width) {
      const double from_zero = shifted(*value);
      if (from_zero < 0)
        return base::fail(base::invalid("row " + std::to_string(row) + ", column \"" +
                                        columns.names[i] + "\": log found " + text(*value) + ", " +
                                        allowed()));
      *value = static_cast<float>(std::log1p(from_zero));
    }
  }
  return {};
}

namespace {

// The share of the training values that are below; of those that are several times among the
// references, the middle of these.
double share_of(double value, const std::vector<double>& references) {
  const auto first = std::lower_bound(references.begin(), references.end(), value);
  const auto last = std::upper_bound(first, references.end(), value);
  const auto place = [&](auto at) { return static_cast<double>(at - references.begin()); };
  const double most = std::max(1.0, static_cast<double>(references.size()) - 1);
  if (first != last) return (place(first) + place(last) - 1) / 2 / most;
  if (first == references.begin()) return 0;
  if (first == references.end()) return 1;
  const double before = *(first - 1);
  return (place(first) - 1 + (value - before) / (*first - before)) / most;
}

double mapped(double value, const std::vector<double>& references, bool normal) {
  const double near = normal ? kEnd : 0;
  double share = share_of(value, references);
  if (value + near > references.back() || value == references.back()) share = 1;
  if (value - near < references.front() || value == references.front()) share = 0;
  if (!normal) return share;
  return boost::math::quantile(boost::math::normal(), std::clamp(share, kEnd, 1 - kEnd));
}

}  // namespace

Result<void> Quantile::learn(size_t i, ColumnSummary& column) {
  if (column.moments.count == 0) return base::fail(no_value_to_learn_from(columns, i));
  const auto wanted =
      std::min(static_cast<double>(quantiles), column.moments.count + column.moments.missing);
  std::vector<double> shares;
  for (double q = 0; q < wanted; ++q) shares.push_back(wanted > 1 ? q / (wanted - 1) : 0);
  references.push_back(model::quantiles(*column.points, shares));
  // Rounding of the interpolation may leave two neighbours in the wrong order.
  for (size_t q = 1; q < references[i].size(); ++q)
    references[i][q] = std::max(references[i][q], references[i][q - 1]);
  column.bend([&](double value) { return mapped(value, references[i], normal); });
  return {};
}

Json Quantile::encode() const {
  return {{"distribution", normal ? "Normal" : "Uniform"}, {"references", references}};
}

Result<void> Quantile::decode(const Json& json) {
  normal = base::text_at(json, "/distribution") == "Normal";
  const Json* lists = base::find(json, "/references");
  if (lists == nullptr || !lists->is_array() || lists->size() != columns.names.size())
    return base::fail(base::invalid(columns.path + ".references: wanted " +
                                    std::to_string(columns.names.size()) + " lists, one a column"));
  for (const auto& list : *lists) {
    const size_t size = list.is_array() ? list.size() : 1;
    CRESSET_TRY(values, numbers_of({{"references", list}}, "references", size, columns.path));
    if (values.empty() || !std::is_sorted(values.begin(), values.end()))
      return base::fail(
          base::invalid(columns.path + ".references: wanted ascending numbers, at least one"));
    references.push_back(std::move(values));
  }
  return {};
}

Result<void> Quantile::apply(Rows rows) const {
  for (size_t i = 0; i < columns.indices.size(); ++i) {
    float* value = rows.values + columns.indices[i];
    for (int64_t row = 0; row < rows.count; ++row, value += rows.width)
      if (!std::isnan(*value)) *value = static_cast<float>(mapped(*value, references[i], normal));
  }
  return {};
}

}  // namespace cresset::model
