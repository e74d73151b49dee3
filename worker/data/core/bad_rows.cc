#include "worker/data/core/bad_rows.h"

namespace cresset::data {

using base::Result;

namespace {

constexpr size_t kNamed = 10;

}  // namespace

void BadRows::begin_file(std::string field, std::string uri) {
  field_ = std::move(field);
  uri_ = std::move(uri);
}

void BadRows::keep(const Why& why) {
  if (first_.size() < kNamed) first_.push_back(uri_ + ": " + why());
}

Result<void> BadRows::merge(int64_t count, const std::vector<std::string>& first) {
  count_ += count;
  for (const auto& row : first)
    if (first_.size() < kNamed) first_.push_back(row);
  return check();
}

Result<void> BadRows::check() {
  if (count_ + static_cast<int64_t>(block_.size()) <= limit_) return {};
  finish_block();
  if (limit_ == 0) {
    told_ = field_ + first_.front();
    return base::fail(base::invalid(told_));
  }
  told_ = "spec.training.data.badRows.limit is " + std::to_string(limit_) +
          ", and more rows than that cannot be used";
  for (const auto& row : first_) told_ += "; " + row;
  return base::fail(base::invalid(told_));
}

Result<void> BadRows::add(int64_t row, Why why) {
  return block_.emplace(row, std::move(why)).second ? check() : Result<void>();
}

Result<void> BadRows::add(const Why& why) {
  ++count_;
  keep(why);
  return check();
}

std::vector<int64_t> BadRows::finish_block() {
  std::vector<int64_t> rows;
  for (const auto& [row, why] : block_) {
    rows.push_back(row);
    keep(why);
  }
  count_ += static_cast<int64_t>(rows.size());
  block_.clear();
  return rows;
}

}  // namespace cresset::data
