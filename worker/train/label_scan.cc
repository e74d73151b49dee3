#include "worker/train/label_scan.h"

namespace cresset::train {

using base::Json;
using base::Result;

namespace {

constexpr size_t kMostValues = 1 << 20;  // as many as a vocabulary may have, which tokens are of

model::ColumnMoments moments_of(const std::vector<double>& values, size_t column, size_t width) {
  model::ColumnMoments moments;
  const double first = values[column];  // taken away, so that equal labels deviate by zero
  double sum = 0;
  for (size_t i = column; i < values.size(); i += width) sum += values[i] - first;
  moments.count = static_cast<double>(values.size() / width);
  moments.mean = first + sum / moments.count;
  for (size_t i = column; i < values.size(); i += width)
    moments.squares += (values[i] - moments.mean) * (values[i] - moments.mean);
  return moments;
}

template <typename T>
void count(const std::vector<T>& labels, std::map<T, int64_t>& into) {
  for (const auto& label : labels) ++into[label];
}

// [[value, rows], …]
template <typename T>
Json pairs(const std::map<T, int64_t>& counts) {
  Json list = Json::array();
  for (const auto& [value, rows] : counts) list.push_back({value, rows});
  return list;
}

template <typename T>
void add_pairs(const Json& list, std::map<T, int64_t>& into) {
  for (const auto& pair : list) into[pair[0].get<T>()] += pair[1].get<int64_t>();
}

}  // namespace

LabelScan::LabelScan(data::LabelKind kind, std::vector<std::string> columns)
    : kind_(kind), columns_(std::move(columns)) {
  if (kind == data::LabelKind::kNumbers) moments_.resize(columns_.size());
  if (kind == data::LabelKind::kFlags) holding_.resize(columns_.size());
}

// Of rows that are added; those before them, if any, were of integers_.
Result<void> LabelScan::check(bool integers) {
  if (rows_ > 0 && integers != integers_)
    return base::fail(base::invalid(
        "label column \"" + columns_.front() + "\" holds " + (integers ? "numbers" : "texts") +
        ", the files before it hold " + (integers ? "texts" : "numbers")));
  integers_ = integers;
  return {};
}

Result<void> LabelScan::add_classes(const data::RawLabels& labels) {
  CRESSET_CHECK(check(labels.integers));
  count(labels.numbers, numbers_);
  count(labels.texts, texts_);
  return check_values();
}

Result<void> LabelScan::check_values() const {
  if (numbers_.size() + texts_.size() <= kMostValues) return {};
  return base::fail(base::invalid("label column \"" + columns_.front() + "\" has more than " +
                                  std::to_string(kMostValues) + " different values, allowed are " +
                                  std::to_string(data::kMostClasses)));
}

void LabelScan::add_columns(const std::vector<double>& values) {
  const size_t width = columns_.size();
  for (size_t c = 0; c < moments_.size(); ++c) moments_[c].merge(moments_of(values, c, width));
  if (!holding_.empty())
    for (size_t i = 0; i < values.size(); ++i) holding_[i % width] += values[i] > 0;
}

Result<void> LabelScan::add(const data::FileRows& rows) {
  if (kind_ == data::LabelKind::kClasses)
    CRESSET_CHECK(add_classes(rows.labels));
  else
    add_columns(rows.targets);
  rows_ += rows.rows;
  return {};
}

Json LabelScan::encode() const {
  Json moments = Json::array();
  for (const auto& column : moments_)
    moments.push_back({column.count, column.mean, column.squares});
  return {{"rows", rows_},          {"integers", integers_}, {"numbers", pairs(numbers_)},
          {"texts", pairs(texts_)}, {"moments", moments},    {"holding", holding_}};
}

Result<void> LabelScan::merge(const Json& other) {
  const auto rows = other["rows"].get<int64_t>();
  if (rows == 0) return {};
  CRESSET_CHECK(check(other["integers"].get<bool>()));
  add_pairs(other["numbers"], numbers_);
  add_pairs(other["texts"], texts_);
  CRESSET_CHECK(check_values());
  for (size_t c = 0; c < moments_.size(); ++c) {
    const auto& theirs = other["moments"][c];
    moments_[c].merge({.count = theirs[0].get<double>(),
                       .mean = theirs[1].get<double>(),
                       .squares = theirs[2].get<double>()});
  }
  for (size_t c = 0; c < holding_.size(); ++c) holding_[c] += other["holding"][c].get<int64_t>();
  rows_ += rows;
  return {};
}

data::Classes LabelScan::classes() const {
  data::Classes classes{.integers = integers_, .numbers = {}, .texts = {}};
  for (const auto& [number, rows] : numbers_) classes.numbers.push_back(number);
  for (const auto& [text, rows] : texts_) classes.texts.push_back(text);
  return classes;
}

std::vector<model::Target> LabelScan::targets() const {
  std::vector<model::Target> targets;
  if (kind_ == data::LabelKind::kClasses) return targets;
  for (size_t c = 0; c < columns_.size(); ++c) {
    targets.push_back({.name = columns_[c]});
    if (moments_.empty()) continue;
    const double deviation = moments_[c].deviation();
    targets.back().mean = moments_[c].mean;
    targets.back().deviation = deviation > 0 ? deviation : 1;
  }
  return targets;
}

LabelTotals LabelScan::totals(const data::Classes& classes) const {
  LabelTotals totals{.kind = kind_, .names = {}, .rows = holding_, .all_rows = rows_};
  if (kind_ == data::LabelKind::kFlags) totals.names = columns_;
  if (kind_ != data::LabelKind::kClasses) return totals;
  const auto rows_of = [](const auto& counts, const auto& value) {
    const auto found = counts.find(value);
    return found == counts.end() ? int64_t{0} : found->second;
  };
  for (int64_t code = 0; code < classes.size(); ++code) {
    const auto at = static_cast<size_t>(code);
    totals.names.push_back(classes.name(code));
    totals.rows.push_back(classes.integers ? rows_of(numbers_, classes.numbers[at])
                                           : rows_of(texts_, classes.texts[at]));
  }
  return totals;
}

}  // namespace cresset::train
