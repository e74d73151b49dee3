#include "worker/data/row_reader.h"

#include <arrow/api.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

namespace cresset::data {

using base::Result;

namespace {

// Of rows whose columns are copied in turn, so that they stay in the nearest cache.
constexpr size_t kTileValues = 8192;
constexpr size_t kLeastTile = 64;

// Of a list at most so many rows are looked through for what is wrong with one.
int64_t rows_of_tile(size_t width) {
  return static_cast<int64_t>(std::max(kTileValues / width, kLeastTile));
}

Cells cells_in(const arrow::RecordBatch& batch, const Source& source) {
  return cells_of(batch, batch.schema()->GetFieldIndex(source.column), source.element);
}

// Of row-major values those of these rows (ascending), counted from the one at `begin`, taken out.
template <typename T>
void erase_rows(std::vector<T>& values, size_t width, int64_t begin,
                const std::vector<int64_t>& rows) {
  const auto stride = static_cast<int64_t>(width);
  auto from = values.begin() + begin * stride, to = from;
  for (int64_t row = 0, next = 0; from != values.end(); ++row, from += stride)
    if (next < static_cast<int64_t>(rows.size()) && rows[static_cast<size_t>(next)] == row)
      ++next;
    else
      to = std::copy(from, from + stride, to);
  values.erase(to, values.end());
}

template <typename T>
void append_to(std::vector<T>& values, std::vector<T>& more) {
  if (values.empty())
    values = std::move(more);
  else
    values.insert(values.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

}  // namespace

base::Error RowReader::placed(const base::Error& error, const std::string& where,
                              const BadRows& bad) {
  return bad.is_told(error) ? error : base::Error(error.kind(), where + error.message());
}

Result<void> RowReader::begin(const std::string& uri, const DataFile& file, BadRows& bad) {
  uri_ = uri;
  bad.begin_file(request_.field, uri);
  if (!layout_) {
    CRESSET_TRY(layout, lay_out(request_, uri, file.columns()));
    layout_ = std::make_shared<const Layout>(std::move(layout));
  }
  if (auto same = check_same(*layout_, uri, file.columns()); !same)
    return base::fail(placed(same.error(), request_.field, bad));
  if (rows_.files++ == 0) {
    rows_.texts = layout_->texts;
    for (auto& column : rows_.texts) texts_.emplace_back(column);
  }
  rows_.origins.begin_file(uri, file.numbers());
  return {};
}

Result<void> RowReader::add(DataFile& file, size_t block, BadRows& bad) {
  join();
  auto added = add_rows(file, block, bad);
  if (!added) return base::fail(placed(added.error(), request_.field + uri_ + ": ", bad));
  return {};
}

bool RowReader::has_room_for(const RowReader& next) const {
  const auto &labels = rows_.labels, &more = next.rows_.labels;
  const bool none = labels.numbers.empty() && labels.texts.empty();
  if (!none && labels.integers != more.integers) return false;
  for (size_t t = 0; t < texts_.size(); ++t)
    if (!texts_[t].has_room_for(next.rows_.texts[t].texts)) return false;
  return true;
}

void RowReader::append(RowReader next) {
  if (rows_.files == 0) {
    *this = std::move(next);
    return;
  }
  append_values(next);
  auto& more = next.rows_;
  if (more.rows > 0) rows_.labels.integers = more.labels.integers;
  append_to(rows_.labels.numbers, more.labels.numbers);
  append_to(rows_.labels.texts, more.labels.texts);
  append_to(rows_.targets, more.targets);
  append_to(rows_.groups, more.groups);
  rows_.origins.append(more.origins);
  rows_.files += more.files;
  rows_.rows += more.rows;
}

// Texts have the places here that they would have if the rows had been added one by one.
void RowReader::append_values(RowReader& next) {
  auto& values = next.rows_.values;
  for (size_t t = 0; t < texts_.size(); ++t) {
    std::vector<float> places;
    for (const auto& text : next.rows_.texts[t].texts) places.push_back(texts_[t].of(text));
    for (size_t at = texts_[t].column(); at < values.size(); at += layout_->features.size())
      if (!std::isnan(values[at])) values[at] = places[static_cast<size_t>(values[at])];
  }
  appended_.push_back(std::move(values));
}

// Each vector is let go once it is copied.
void RowReader::join() {
  if (appended_.empty()) return;
  std::vector<float> all;
  size_t size = rows_.values.size();
  for (const auto& values : appended_) size += values.size();
  all.reserve(size);
  appended_.insert(appended_.begin(), std::move(rows_.values));
  for (auto& values : std::exchange(appended_, {})) {
    const auto one = std::move(values);
    all.insert(all.end(), one.begin(), one.end());
  }
  rows_.values = std::move(all);
}

FileRows RowReader::take() {
  join();
  texts_.clear();
  return std::exchange(rows_, FileRows());
}

Result<void> RowReader::add_rows(DataFile& file, size_t block, BadRows& bad) {
  const auto& counts = file.block_rows();
  const auto first =
      std::accumulate(counts.begin(), counts.begin() + static_cast<long>(block), int64_t{0});
  CRESSET_TRY(batch, file.read(block, layout_->names));
  const Place place = [&](int64_t row) { return file.numbers().place(first + row); };
  const size_t width = layout_->features.size(), before = rows_.values.size();
  rows_.values.resize(before + static_cast<size_t>(batch->num_rows()) * width);
  CRESSET_CHECK(copy_features(*batch, place, rows_.values.data() + before, bad));
  CRESSET_CHECK(add_labels(*batch, place, bad));
  if (layout_->group) CRESSET_CHECK(append_groups(cells_in(*batch, *layout_->group), rows_.groups));
  rows_.rows += batch->num_rows();
  const auto out = bad.finish_block();
  keep_origins(out, first, batch->num_rows());
  leave_out(out, batch->num_rows());
  return {};
}

Result<void> RowReader::copy_features(const arrow::RecordBatch& batch, const Place& place,
                                      float* into, BadRows& bad) {
  const size_t width = layout_->features.size();
  std::vector<Cells> firsts;
  for (const auto& run : layout_->runs)
    firsts.push_back(cells_in(batch, layout_->features[run.feature]));
  const int64_t tile = rows_of_tile(width);
  for (int64_t begin = 0; begin < batch.num_rows(); begin += tile) {
    auto texts = texts_.begin();
    for (size_t r = 0; r < firsts.size(); ++r) {
      const auto& run = layout_->runs[r];
      auto& cells = firsts[r];
      cells.begin = begin;
      cells.rows = std::min(tile, batch.num_rows() - begin);
      float* to = into + static_cast<size_t>(begin) * width + run.feature;
      if (texts != texts_.end() && texts->column() == run.feature)
        CRESSET_CHECK(copy_texts(cells, place, to, width, *texts++, bad));
      else
        CRESSET_CHECK(copy_run(run, cells, place, to, bad));
    }
  }
  return {};
}

Result<void> RowReader::copy_run(const Run& run, const Cells& cells, const Place& place,
                                 float* into, BadRows& bad) {
  const size_t width = layout_->features.size();
  if (run.count > 1 && copy_list(cells, run.count, into, width)) return {};
  for (size_t i = 0; i < run.count; ++i) {
    Cells one = cells;
    one.first += static_cast<int64_t>(i);
    one.element += static_cast<int32_t>(i);
    CRESSET_CHECK(copy_numbers(one, place, into + i, width, bad));
  }
  return {};
}

Result<void> RowReader::add_labels(const arrow::RecordBatch& batch, const Place& place,
                                   BadRows& bad) {
  if (request_.label_kind == LabelKind::kClasses)
    return append_labels(cells_in(batch, layout_->labels.front()), place, rows_.labels, bad);
  const size_t width = layout_->labels.size(), before = rows_.targets.size();
  rows_.targets.resize(before + static_cast<size_t>(batch.num_rows()) * width);
  for (size_t c = 0; c < width; ++c)
    CRESSET_CHECK(copy_targets(cells_in(batch, layout_->labels[c]), place,
                               request_.label_kind == LabelKind::kFlags,
                               rows_.targets.data() + before + c, width, bad));
  return {};
}

// Of `count` rows of the file from `first` on, but for those that are left out.
void RowReader::keep_origins(const std::vector<int64_t>& out, int64_t first, int64_t count) {
  int64_t next = 0;
  for (const int64_t row : out) {
    rows_.origins.add(first + next, row - next);
    next = row + 1;
  }
  rows_.origins.add(first + next, count - next);
}

// Of the last `count` rows, those of these numbers.
void RowReader::leave_out(const std::vector<int64_t>& rows, int64_t count) {
  if (rows.empty()) return;
  const auto begin = rows_.rows - count;
  if (request_.label_kind == LabelKind::kClasses)
    drop_labels(rows_.labels, static_cast<size_t>(begin), rows);
  else
    erase_rows(rows_.targets, layout_->labels.size(), begin, rows);
  if (layout_->group) erase_rows(rows_.groups, 1, begin, rows);
  erase_rows(rows_.values, layout_->features.size(), begin, rows);
  rows_.rows -= static_cast<int64_t>(rows.size());
}

}  // namespace cresset::data
