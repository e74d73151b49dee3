#include "worker/data/core/row_origins.h"

#include <algorithm>

namespace cresset::data {

void RowOrigins::begin_file(std::string uri, RowNumbers numbers) {
  files_->push_back({std::move(uri), std::move(numbers)});
}

void RowOrigins::add(int64_t first, int64_t count) { add(files_->size() - 1, first, count); }

void RowOrigins::add(size_t file, int64_t first, int64_t count) {
  if (count == 0) return;
  const bool follows = !runs_.empty() && runs_.back().file == file &&
                       runs_.back().first + rows_ - runs_.back().row == first;
  if (!follows) runs_.push_back({rows_, first, file});
  rows_ += count;
}

void RowOrigins::append(const RowOrigins& next) {
  const size_t files = files_->size();
  files_->insert(files_->end(), next.files_->begin(), next.files_->end());
  for (size_t run = 0; run < next.runs_.size(); ++run) {
    const auto& [row, first, file] = next.runs_[run];
    const bool last = run + 1 == next.runs_.size();
    add(files + file, first, (last ? next.rows_ : next.runs_[run + 1].row) - row);
  }
}

const RowOrigins::Run& RowOrigins::run_of(int64_t row) const {
  const auto next = std::upper_bound(runs_.begin(), runs_.end(), row,
                                     [](int64_t at, const Run& run) { return at < run.row; });
  return *std::prev(next);
}

RowOrigins RowOrigins::take(const std::vector<int64_t>& indices) const {
  RowOrigins taken;
  taken.files_ = files_;
  for (const int64_t row : indices) {
    const auto& run = run_of(row);
    taken.add(run.file, run.first + row - run.row, 1);
  }
  return taken;
}

RowOrigin RowOrigins::at(int64_t row) const {
  const auto& run = run_of(row);
  const auto& file = (*files_)[run.file];
  return {file.uri, file.numbers.place(run.first + row - run.row)};
}

}  // namespace cresset::data
